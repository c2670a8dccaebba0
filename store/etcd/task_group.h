#pragma once

#include "common/base/executor.h"
#include "common/base/mutex.h"

namespace kubelite::etcd {

// Tasks on an executor that can be waited for, so that what they use may be destroyed. Thread-safe.
class TaskGroup {
 public:
  explicit TaskGroup(base::Executor* executor) : executor_(executor) {}
  ~TaskGroup();  // waits for all; a task may still post others meanwhile
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  void Post(base::Task task);

 private:
  base::Executor* const executor_;
  base::Mutex mutex_;
  base::CondVar idle_;
  int tasks_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace kubelite::etcd
