#include "store/etcd/task_group.h"

#include <utility>

namespace kubelite::etcd {

TaskGroup::~TaskGroup() {
  base::MutexLock lock(&mutex_);
  while (tasks_ > 0) idle_.Wait(&mutex_);
}

void TaskGroup::Post(base::Task task) {
  {
    base::MutexLock lock(&mutex_);
    ++tasks_;
  }
  executor_->Post([this, task = std::move(task)]() mutable {
    task();
    task = nullptr;  // what it owns may use what the group protects
    base::MutexLock lock(&mutex_);
    if (--tasks_ == 0) idle_.SignalAll();
  });
}

}  // namespace kubelite::etcd
