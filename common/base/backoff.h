#pragma once

#include "absl/time/time.h"
#include "common/base/random.h"

namespace kubelite::base {

// Delays that grow from `initial` by `factor` up to `max`, for reconnects and restart loops. Each delay is shortened by
// a random part of up to `jitter` (0 to 1) of itself, so that many clients spread out and `max` is never exceeded. Not
// thread-safe.
//   Backoff backoff(absl::Milliseconds(100), 2, absl::Seconds(30), 0.2);
//   executor->PostAfter(backoff.Next(*random), ...);  // on failure
//   backoff.Reset();                                  // on success
class Backoff {
 public:
  Backoff(absl::Duration initial, double factor, absl::Duration max, double jitter);

  // The delay before the next attempt.
  absl::Duration Next(Random& random);
  // The next delay is `initial` again.
  void Reset() { current_ = initial_; }

 private:
  absl::Duration initial_;
  double factor_;
  absl::Duration max_;
  double jitter_;
  absl::Duration current_;
};

}  // namespace kubelite::base
