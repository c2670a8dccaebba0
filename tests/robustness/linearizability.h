#pragma once

#include <vector>

#include "absl/status/status.h"
#include "tests/robustness/model.h"
#include "tests/robustness/operation.h"

namespace kubelite::robustness {

// One client's operations in the order it called them. The next is called after the one before has returned; writes of
// one Apply share call and return.
using Session = std::vector<Operation>;

// Searches an order of all operations that the model accepts: each takes effect at one moment between its call and its
// return, and its outcome is what the store was then. A lost operation may have taken effect at any moment after its
// call, or never; when it is in the log, before `returned` (kNever: as long as the run went on).
//
// The truth, which is the store's own log of the run, makes the search nearly linear:
//  - What the keys hold is a function of the revision, and each step tells its revision. So at any point of the search
//  at
//    most one step can come next: the one whose revision is the next.
//  - What has no effect in the present state (reads, refused writes) is taken as soon as it fits: taking it earlier
//  never
//    forbids anything else.
//  - Only lease grants, renewals, ends of leases without keys, and compactions change the store without a revision.
//  Where
//    several of those or a step could come next, the search branches, and remembers the states it has tried.
// An operation may come next when no other that is still to come has returned before its call.
//
// ExpireLeases is not one moment but an interval: within it leases that are due may end, each in a step of its own or
// several together; at its end none that is due is left and its answer is the next deadline.
//
// A power loss (an operation that nobody calls) may undo the renewals that nothing has synced since.
//
// The failure names the operations that could not be placed at the furthest point reached, and why.
absl::Status CheckLinearizable(const Model& truth, const std::vector<Session>& sessions);

}  // namespace kubelite::robustness
