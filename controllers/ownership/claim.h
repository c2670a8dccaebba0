#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/api/object.h"
#include "common/api/selectors.h"
#include "common/client/client.h"

namespace kubelite::controllers {

// What an owner does with the objects that its selector matches or that name it as their controller.
struct ClaimPlan {
  std::vector<api::ObjectPtr> owned;    // its own already, and they match
  std::vector<api::ObjectPtr> adopt;    // orphans that match
  std::vector<api::ObjectPtr> release;  // its own, but their labels match no longer
  std::string ToString() const;
};

// Pure. `candidates` are objects of the owner's namespace; those with another controller are ignored. An owner that is
// being deleted adopts and releases nothing.
ClaimPlan PlanClaim(const api::Object& owner, const api::LabelSelector& selector,
                    absl::Span<const api::ObjectPtr> candidates);

// Does what `plan` says and returns the objects the owner has afterwards, adopted ones as they were written. Adoption
// is preceded by a live read of the owner: a stale cache must not hand objects to an owner that is gone or replaced.
// Writes are compare-and-set; a conflict is returned as an error, to be retried. Objects that vanished meanwhile are
// left out.
absl::StatusOr<std::vector<api::ObjectPtr>> ExecuteClaim(const ClaimPlan& plan, const api::Object& owner,
                                                         client::Client* client);

}  // namespace kubelite::controllers
