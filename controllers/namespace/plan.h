#pragma once

#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace k8s::core::v1 {
class Namespace;
}

namespace kubelite::controllers {

// What is left of one resource in a namespace after its deletion was asked for.
struct RemainingContent {
  std::string resource;  // "deployments.apps"; "pods." for the core group
  int instances = 0;
  std::map<std::string, int> finalizers;  // finalizer -> instances that have it
};

struct NamespaceSnapshot {
  const k8s::core::v1::Namespace& name_space;  // being deleted
  std::vector<RemainingContent> remaining;
  std::vector<std::string> errors;  // of listing or deleting
  // The longest time that a terminating pod may still take.
  absl::Duration pod_grace = absl::ZeroDuration();
  absl::Time now;
};

struct NamespacePlan {
  bool finalize = false;                                      // nothing is left: give up finalizer `kubernetes`
  std::shared_ptr<k8s::core::v1::Namespace> with_conditions;  // null: the status is as it should be
  absl::Duration requeue_after = absl::ZeroDuration();
  std::string ToString() const;
};
std::ostream& operator<<(std::ostream& out, const NamespacePlan& plan);

// Pure. The conditions say what a user must know when a namespace does not go away.
NamespacePlan PlanNamespace(const NamespaceSnapshot& snapshot);

}  // namespace kubelite::controllers
