#pragma once

#include <functional>
#include <memory>

#include "absl/time/time.h"
#include "common/base/executor.h"

namespace kubelite::etcd {

// Runs a task again and again, `interval` after it last ended. The destructor waits for it.
class PeriodicTask {
 public:
  PeriodicTask(base::Executor* executor, absl::Duration interval, std::function<void()> task);
  ~PeriodicTask();

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace kubelite::etcd
