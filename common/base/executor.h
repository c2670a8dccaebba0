#pragma once

#include <cstdint>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "common/base/clock.h"

namespace kubelite::base {

using Task = absl::AnyInvocable<void()>;

// Names a task given to Executor::PostAt; 0 is never used.
using TimerId = uint64_t;

// Runs tasks now or at a time. Components own no threads: they post tasks here. Thread-safe.
// Tasks may run at the same time on different threads and in any order; use a Strand for one-at-a-time execution.
// Tasks may block on the API client or the store (production pools are sized for it), but never on another task.
class Executor {
 public:
  virtual ~Executor() = default;

  virtual const Clock& clock() const = 0;

  // Runs `task` soon, never inside this call.
  virtual void Post(Task task) = 0;

  // Runs `task` once clock().Now() >= when. The id is valid until the task starts.
  virtual TimerId PostAt(absl::Time when, Task task) = 0;

  // Forgets a task that has not started; its closure is destroyed. False when it has started or is unknown.
  virtual bool Cancel(TimerId timer) = 0;

  TimerId PostAfter(absl::Duration delay, Task task) { return PostAt(clock().Now() + delay, std::move(task)); }
};

// One-at-a-time, first-in-first-out execution on an executor without a thread of its own. Thread-safe.
// Tasks already posted keep the strand's state alive; a destroyed Strand drops tasks that have not started.
// Destroying a Strand waits for the task that is running, unless called from that task.
class Strand {
 public:
  explicit Strand(Executor* executor);
  ~Strand();
  Strand(const Strand&) = delete;
  Strand& operator=(const Strand&) = delete;

  void Post(Task task);
  TimerId PostAt(absl::Time when, Task task);
  TimerId PostAfter(absl::Duration delay, Task task);
  bool Cancel(TimerId timer);
  Executor* executor() const;
  const Clock& clock() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace kubelite::base
