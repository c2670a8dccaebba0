#pragma once

#include <cstdint>

#include "absl/time/time.h"

namespace kubelite::client {

// A point in the history of a cluster: what was there at `revision`, seen as of `time`.
struct Moment {
  int64_t revision = 0;
  absl::Time time;
};

}  // namespace kubelite::client
