#include "store/etcd/periodic_task.h"

#include <utility>

#include "common/base/mutex.h"

namespace kubelite::etcd {

struct PeriodicTask::State : std::enable_shared_from_this<State> {
  State(base::Executor* executor, absl::Duration interval, std::function<void()> task)
      : executor(executor), interval(interval), task(std::move(task)) {}

  void Schedule() {
    executor->PostAfter(interval, [weak = weak_from_this()] {
      if (const std::shared_ptr<State> self = weak.lock()) self->Run();
    });
  }

  void Run() {
    {
      base::MutexLock lock(&mutex);
      if (stopped) return;
      running = true;
    }
    task();
    base::MutexLock lock(&mutex);
    running = false;
    idle.SignalAll();
    if (!stopped) Schedule();
  }

  base::Executor* const executor;
  const absl::Duration interval;
  const std::function<void()> task;
  base::Mutex mutex;
  base::CondVar idle;
  bool stopped ABSL_GUARDED_BY(mutex) = false;
  bool running ABSL_GUARDED_BY(mutex) = false;
};

PeriodicTask::PeriodicTask(base::Executor* executor, absl::Duration interval, std::function<void()> task)
    : state_(std::make_shared<State>(executor, interval, std::move(task))) {
  state_->Schedule();
}

PeriodicTask::~PeriodicTask() {
  base::MutexLock lock(&state_->mutex);
  state_->stopped = true;
  while (state_->running) state_->idle.Wait(&state_->mutex);
}

}  // namespace kubelite::etcd
