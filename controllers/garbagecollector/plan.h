#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "common/api/object.h"

namespace kubelite::controllers {

inline constexpr char kForegroundFinalizer[] = "foregroundDeletion";
inline constexpr char kOrphanFinalizer[] = "orphan";

// What is known of one owner of an object.
enum class OwnerState {
  kSolid,    // exists, or cannot be judged
  kAbsent,   // certainly gone
  kWaiting,  // exists, but is being deleted in the foreground and waits for this object
};

struct CollectSnapshot {
  const api::Object& object;
  std::vector<OwnerState> owners;  // of its ownerReferences, in their order
  bool has_dependents = false;
  bool has_blocking_dependents = false;  // some of which block its deletion
};

struct CollectPlan {
  enum class Action {
    kNothing,
    kDelete,            // with `propagation`
    kDropOwners,        // those in `drop`
    kOrphanDependents,  // take this object out of its dependents' references, then remove finalizer `orphan`
    kPushDependents,    // wait for dependents; look at each of them now
    kFinishForeground,  // remove finalizer `foregroundDeletion`
  };
  Action action = Action::kNothing;
  std::string propagation;
  std::vector<std::string> drop;  // uids
  std::string ToString() const;
};
std::ostream& operator<<(std::ostream& out, const CollectPlan& plan);

// Pure: what the garbage collector does with one object.
CollectPlan PlanCollect(const CollectSnapshot& snapshot);

}  // namespace kubelite::controllers
