#pragma once

#include <deque>
#include <utility>

#include "common/base/executor.h"

namespace kubelite::base {

// What executors queue: a posted task, or the name of a timer whose time has come. The timer's task stays with the
// timer until it is started, so that it can still be cancelled. Internal to this folder.
struct ReadyTask {
  TimerId timer = 0;  // 0: `task` itself
  Task task;
};

// Takes the next task that has not been cancelled; false when there is none. `timers` maps ids to structs with a member
// `task`.
template <typename Timers>
bool TakeReadyTask(std::deque<ReadyTask>* queue, Timers* timers, Task* task) {
  while (!queue->empty()) {
    ReadyTask ready = std::move(queue->front());
    queue->pop_front();
    if (ready.timer == 0) {
      *task = std::move(ready.task);
      return true;
    }
    if (auto timer = timers->find(ready.timer); timer != timers->end()) {
      *task = std::move(timer->second.task);
      timers->erase(timer);
      return true;
    }
  }
  return false;
}

}  // namespace kubelite::base
