#include "controllers/garbagecollector/plan.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/check.h"

namespace kubelite::controllers {
namespace {

using Action = CollectPlan::Action;

CollectPlan PlanDeleting(const CollectSnapshot& snapshot) {
  if (api::HasFinalizer(snapshot.object, kOrphanFinalizer)) return {Action::kOrphanDependents, "", {}};
  if (!api::HasFinalizer(snapshot.object, kForegroundFinalizer)) return {};
  return {snapshot.has_blocking_dependents ? Action::kPushDependents : Action::kFinishForeground, "", {}};
}

}  // namespace

CollectPlan PlanCollect(const CollectSnapshot& snapshot) {
  const auto& references = api::Meta(snapshot.object).ownerreferences();
  CHECK(static_cast<int>(snapshot.owners.size()) == references.size());
  if (api::IsBeingDeleted(snapshot.object)) return PlanDeleting(snapshot);
  if (references.empty()) return {};

  CollectPlan plan;
  bool solid = false;
  bool waiting = false;
  for (int i = 0; i < references.size(); ++i) {
    solid |= snapshot.owners[i] == OwnerState::kSolid;
    waiting |= snapshot.owners[i] == OwnerState::kWaiting;
    if (snapshot.owners[i] != OwnerState::kSolid) plan.drop.push_back(references[i].uid());
  }
  if (solid) {
    plan.action = plan.drop.empty() ? Action::kNothing : Action::kDropOwners;
    return plan;
  }
  plan.drop.clear();
  plan.action = Action::kDelete;
  plan.propagation = "Background";
  // An owner that waits must see this object's own dependents gone as well.
  if (waiting && snapshot.has_dependents) plan.propagation = "Foreground";
  if (api::HasFinalizer(snapshot.object, kOrphanFinalizer)) plan.propagation = "Orphan";
  if (api::HasFinalizer(snapshot.object, kForegroundFinalizer)) plan.propagation = "Foreground";
  return plan;
}

std::string CollectPlan::ToString() const {
  switch (action) {
    case Action::kNothing:
      return "nothing";
    case Action::kDelete:
      return absl::StrCat("delete ", propagation);
    case Action::kDropOwners:
      return absl::StrCat("drop owners ", absl::StrJoin(drop, " "));
    case Action::kOrphanDependents:
      return "orphan dependents";
    case Action::kPushDependents:
      return "push dependents";
    case Action::kFinishForeground:
      return "finish foreground deletion";
  }
  return "";
}

std::ostream& operator<<(std::ostream& out, const CollectPlan& plan) { return out << plan.ToString(); }

}  // namespace kubelite::controllers
