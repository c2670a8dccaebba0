#pragma once

#include <memory>

#include "common/base/executor.h"

namespace kubelite::base {

// The production executor: a fixed number of threads plus one timer thread, on the system clock.
// The destructor finishes running tasks and drops the others.
class ThreadPool : public Executor {
 public:
  explicit ThreadPool(int threads);
  ~ThreadPool() override;

  const Clock& clock() const override;
  void Post(Task task) override;
  TimerId PostAt(absl::Time when, Task task) override;
  bool Cancel(TimerId timer) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kubelite::base
