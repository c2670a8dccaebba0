#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "common/base/executor.h"
#include "common/base/random.h"

namespace kubelite::base {

// A clock that moves only when told. Thread-safe.
class FakeClock : public Clock {
 public:
  explicit FakeClock(absl::Time now) : now_(now) {}
  absl::Time Now() const override;
  void Set(absl::Time now);
  void Advance(absl::Duration by);

 private:
  mutable Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
};

// Deterministic executor: one loop, virtual time, a seed that picks the order among ready tasks. Tasks run only inside
// Settle and Advance, on the caller's thread. Post and PostAt are thread-safe; the rest belongs to one thread.
class SimulatedExecutor : public Executor {
 public:
  // Time starts at 2030-01-01T00:00:00Z unless told otherwise.
  explicit SimulatedExecutor(uint64_t seed);
  SimulatedExecutor(uint64_t seed, absl::Time start);
  ~SimulatedExecutor() override;  // drops tasks that have not run

  const Clock& clock() const override { return clock_; }
  void Post(Task task) override;
  TimerId PostAt(absl::Time when, Task task) override;
  bool Cancel(TimerId timer) override;

  // Runs until no task is due at the current time. Crashes after `max_tasks` (a livelock).
  void Settle(int64_t max_tasks = 10'000'000);
  // Settles, then moves time forward by `by`, stopping at each timer on the way.
  void Advance(absl::Duration by);
  // Advances until `condition` holds, checked each time all is settled, or `limit` has passed. Returns whether it
  // holds.
  bool AdvanceUntil(absl::AnyInvocable<bool()> condition, absl::Duration limit);
  int64_t tasks_run() const { return tasks_run_; }

 private:
  struct ReadyTask {
    TimerId timer;  // 0 for Post
    Task task;
  };

  bool RunOne();
  // Earliest timer, or InfiniteFuture.
  absl::Time NextTimer();

  FakeClock clock_;
  Random random_;
  Mutex mutex_;
  std::vector<ReadyTask> ready_ ABSL_GUARDED_BY(mutex_);
  std::map<std::pair<absl::Time, TimerId>, Task> timers_ ABSL_GUARDED_BY(mutex_);
  std::map<TimerId, absl::Time> timer_times_ ABSL_GUARDED_BY(mutex_);
  TimerId next_timer_ ABSL_GUARDED_BY(mutex_) = 1;
  int64_t tasks_run_ = 0;
};

}  // namespace kubelite::base
