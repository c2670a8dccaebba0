#pragma once

#include <utility>
#include <vector>

#include "tests/robustness/model.h"
#include "tests/robustness/operation.h"

namespace kubelite::robustness {

// What a store is between two operations. The keys are a function of the revision and live in the Model of the whole
// run ("truth"); only the rest changes without a revision.
struct State {
  Revision revision = 0;
  Revision compacted = 0;
  LeaseTable leases;
  std::vector<absl::Time> expiring;  // `now` of each ExpireLeases that is at work
  // Renewals that nothing has synced since: the deadlines before them, in order. A power loss may undo the newest.
  std::vector<std::pair<LeaseId, absl::Time>> unsynced;
};

// Why `op` cannot take effect now with the outcome it had; null when it can. Of a lost operation only the effect
// counts. For kExpireLeases: whether it can end now.
const char* Refusal(const Operation& op, const Model& truth, const State& state);
// Makes `state` what it is afterwards. Refusal is null.
void TakeEffect(const Operation& op, const Model& truth, State* state);
// Whether TakeEffect leaves `state` as it is.
bool HasNoEffect(const Operation& op, const State& state);

// What a power loss can leave: one state for each number of unsynced renewals that it undoes.
std::vector<State> AfterPowerLoss(const State& state);

// The next revision is the work of a running ExpireLeases: it deletes all keys of some leases that are due, nothing
// else. Then takes that step.
bool TakeExpiryStep(const Model& truth, State* state);
// Leases that a running ExpireLeases may end without a step, because no key carries them.
std::vector<LeaseId> DueWithoutKeys(const Model& truth, const State& state);
void EndLeases(const std::vector<LeaseId>& ids, State* state);

// Whether a store's event tells what the model knows. `previous` may be left out of events at or below `compacted`.
bool SameEvent(const Event& told, const Event& truth, Revision compacted);

}  // namespace kubelite::robustness
