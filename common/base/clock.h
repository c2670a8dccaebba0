#pragma once

#include "absl/time/time.h"

namespace kubelite::base {

// The only source of time. Thread-safe. Production code is given SystemClock(); simulation and tests the clock of
// a SimulatedExecutor or a FakeClock.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
};

// The machine's clock; lives for ever.
const Clock& SystemClock();

}  // namespace kubelite::base
