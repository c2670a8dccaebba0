#pragma once

#include <memory>
#include <vector>

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

  // While one is alive on a thread, threads are woken for what it posts only at its end, and one fewer when the thread
  // is the pool's own, for it goes on with one of the tasks itself. For whoever has an answer to give before others
  // take the processor; must not wait for what it has posted.
  class WakeBatch {
   public:
    WakeBatch();
    ~WakeBatch();
    WakeBatch(const WakeBatch&) = delete;
    WakeBatch& operator=(const WakeBatch&) = delete;

   private:
    friend class ThreadPool;
    WakeBatch* const outer_;
    std::vector<ThreadPool*> posts_;
  };

 private:
  struct State;
  void WakeOne();

  std::unique_ptr<State> state_;
};

}  // namespace kubelite::base
