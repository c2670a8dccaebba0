#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/robustness/model.h"
#include "tests/robustness/timeline.h"
#include "tests/robustness/watch_record.h"

namespace kubelite::robustness {

// What is known of the run that a watch was part of.
struct WatchContext {
  const Model& truth;
  const Timeline& timeline;
};

// One guarantee of a watch. The failure starts with "watch <name>: ".
struct WatchValidator {
  const char* name;
  absl::Status (*check)(const Subscription& subscription, const WatchContext& context);
};

// filtered     only keys of its range
// ordered      in revision order, also across resumptions
// unique       each change once, also across resumptions
// atomic       all of a revision's matching changes in one batch; more than `max` only for the last one's sake
// complete     no matching change is missing before one that was delivered
// content      type, key, value, revisions, version and lease are those of the step
// previous     the value before is right; missing only when there was none or it was compacted
// bookmark     progress never goes back, never lies ahead of the store, and nothing undelivered lies behind it
// fresh        a batch that is not full holds everything acknowledged before the call
// resumable    goes on from its progress; refused only when that was compacted
// woken        on_ready was called before there was something new
const std::vector<WatchValidator>& WatchValidators();

// All failures of all validators.
std::vector<absl::Status> ValidateWatch(const Subscription& subscription, const WatchContext& context);

}  // namespace kubelite::robustness
