#pragma once

#include <map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "tests/robustness/linearizability.h"
#include "tests/robustness/model.h"
#include "tests/robustness/watch_record.h"

namespace kubelite::robustness {

// Appends the next step, all events of which a watch of everything has told. Fails when that cannot be the next step of
// a store: its revision is not the next, a key comes twice, an absent key is deleted.
absl::Status AppendStep(absl::Span<const store::EventPtr> step, const Origin& origin, Model* model);

// The model after all that a watch of everything, from the first revision on, has told.
absl::StatusOr<Model> BuildTruth(const Subscription& journal, const std::map<Revision, Origin>& origins);

// Gives lost operations the revision that carries their note.
void LocateLost(const Model& truth, std::vector<Session>* sessions);

// Every acknowledged put and delete is in the log, under its revision.
absl::Status CheckDurable(const Model& truth, const std::vector<Session>& sessions);

}  // namespace kubelite::robustness
