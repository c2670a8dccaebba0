#include "common/base/backoff.h"

#include <algorithm>

#include "common/base/check.h"

namespace kubelite::base {

Backoff::Backoff(absl::Duration initial, double factor, absl::Duration max, double jitter)
    : initial_(initial), factor_(factor), max_(max), jitter_(jitter), current_(initial) {
  CHECK(initial >= absl::ZeroDuration() && max >= initial);
  CHECK(factor >= 1 && jitter >= 0 && jitter <= 1);
}

absl::Duration Backoff::Next(Random& random) {
  const absl::Duration base = std::min(current_, max_);
  current_ = std::min(base * factor_, max_);
  return base - base * (jitter_ * random.Fraction());
}

}  // namespace kubelite::base
