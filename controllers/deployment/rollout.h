#pragma once

#include <memory>
#include <string>
#include <vector>

namespace k8s::apps::v1 {
class Deployment;
class DeploymentSpec;
class ReplicaSet;
}  // namespace k8s::apps::v1

namespace kubelite::controllers {

using ReplicaSetPtr = std::shared_ptr<const k8s::apps::v1::ReplicaSet>;

// The limits that a deployment keeps while it changes.
struct RolloutBounds {
  int replicas = 0;       // wanted
  int max_replicas = 0;   // replicas + maxSurge: never more pods than this
  int min_available = 0;  // replicas - maxUnavailable: never fewer available pods than this
  bool recreate = false;  // strategy Recreate
};
// maxSurge is rounded up, maxUnavailable down; when both are 0, one pod may be unavailable. Recreate has neither.
RolloutBounds BoundsOf(const k8s::apps::v1::DeploymentSpec& spec);

// A ReplicaSet as it is and as the plan will leave it.
struct PlannedReplicaSet {
  ReplicaSetPtr before;                              // null: to be created
  std::shared_ptr<k8s::apps::v1::ReplicaSet> after;  // never null
  bool changed = false;

  int replicas() const;         // wanted, as planned
  int before_replicas() const;  // wanted, as observed; 0 when it is to be created
  // At least so many are available. Zero while the status is older than the last change of size: an earlier scale down
  // may not have been carried out when it was written.
  int available() const;
  void Scale(int replicas, const RolloutBounds& bounds);
};

// The ReplicaSets of one deployment during planning. Oldest first; `current` has the deployment's template and may be
// null.
struct Rollout {
  RolloutBounds bounds;
  PlannedReplicaSet* current = nullptr;
  std::vector<PlannedReplicaSet*> old;
  int status_replicas = 0;  // the deployment's status.replicas

  std::vector<PlannedReplicaSet*> all() const;
  int total() const;  // sum of wanted replicas
};

// How many replicas `current` may have now. Never less than it has, unless it has too many.
int NextReplicasOfCurrent(const Rollout& rollout);
// One step of a rolling update: `current` first, and when that stays as it is, the old ones. Returns whether anything
// changed.
bool RollCurrent(Rollout* rollout);
bool RollOld(Rollout* rollout);
// Recreate's first step: all old ReplicaSets to zero.
bool DrainOld(Rollout* rollout);
// The deployment was scaled or is paused: its size is spread over its ReplicaSets as it was before.
void ScaleProportionally(Rollout* rollout);
// An active ReplicaSet was last scaled for another size than the deployment's.
bool IsScalingEvent(const Rollout& rollout);

}  // namespace kubelite::controllers
