#pragma once

#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "controllers/deployment/rollout.h"

namespace k8s::apps::v1 {
class Deployment;
class DeploymentStatus;
}  // namespace k8s::apps::v1

namespace kubelite::controllers {

struct DeploymentSnapshot {
  const k8s::apps::v1::Deployment& deployment;
  std::vector<ReplicaSetPtr> replica_sets;  // controlled by the deployment
  // Uids of ReplicaSets that have pods outside Succeeded and Failed. Only strategy Recreate asks.
  std::set<std::string> with_pods;
  absl::Time now;
};

struct PlannedEvent {
  bool warning = false;
  std::string reason;
  std::string message;
};

struct DeploymentPlan {
  std::shared_ptr<k8s::apps::v1::ReplicaSet> create;               // null: none
  std::vector<std::shared_ptr<k8s::apps::v1::ReplicaSet>> update;  // with the resourceVersion that was observed
  std::vector<ReplicaSetPtr> remove;                               // beyond the history limit
  // The deployment with its new status and revision annotation; both are written through the status subresource.
  std::shared_ptr<k8s::apps::v1::Deployment> deployment;
  bool status_changed = false;
  std::vector<PlannedEvent> events;  // to tell once the writes they speak of have succeeded
  absl::Duration requeue_after = absl::ZeroDuration();
  std::string ToString() const;
};
std::ostream& operator<<(std::ostream& out, const DeploymentPlan& plan);

// Pure: one step towards what the deployment wants. Applying it and planning again goes on; a plan without writes means
// that nothing is to do until something changes or `requeue_after` has passed.
DeploymentPlan PlanDeployment(const DeploymentSnapshot& snapshot);

// The ReplicaSet whose template is the deployment's: the oldest, if there are several. Null when there is none.
ReplicaSetPtr FindCurrentReplicaSet(const k8s::apps::v1::Deployment& deployment,
                                    const std::vector<ReplicaSetPtr>& replica_sets);

}  // namespace kubelite::controllers
