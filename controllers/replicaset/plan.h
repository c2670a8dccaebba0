#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "controllers/replicaset/ranking.h"

namespace k8s::apps::v1 {
class ReplicaSet;
class ReplicaSetStatus;
}  // namespace k8s::apps::v1

namespace kubelite::controllers {

// At most so many creations or deletions in one reconcile.
constexpr int kReplicaSetBurst = 500;

struct ReplicaSetPlan {
  int create = 0;                                       // pods to create
  std::vector<PodPtr> remove;                           // pods to delete, in this order
  absl::Duration requeue_after = absl::ZeroDuration();  // when a ready pod becomes available
  std::shared_ptr<k8s::apps::v1::ReplicaSetStatus>
      status;  // as observed; the outcome of acting is added by WithOutcome
  std::string ToString() const;
};
std::ostream& operator<<(std::ostream& out, const ReplicaSetPlan& plan);

struct ReplicaSetSnapshot {
  const k8s::apps::v1::ReplicaSet& replica_set;
  absl::Span<const PodPtr> pods;     // controlled by it, in any state
  absl::Span<const PodPtr> related;  // of all ReplicaSets with the same owner, its own included
  // False while the cache has not shown all that was ordered before: then nothing is ordered.
  bool may_act = true;
  absl::Time now;
};

// Pure. Creates what is missing, deletes what is too much (never both), and computes the status.
ReplicaSetPlan PlanReplicaSet(const ReplicaSetSnapshot& snapshot);

// The status with condition ReplicaFailure set (`reason` FailedCreate or FailedDelete) or, when `outcome` is OK,
// removed.
void SetReplicaFailure(const absl::Status& outcome, const std::string& reason, absl::Time now,
                       k8s::apps::v1::ReplicaSetStatus* status);

// The pod to create: the template's metadata and spec under a generated name, controlled by `owner`.
std::unique_ptr<k8s::core::v1::Pod> PodFromTemplate(const k8s::apps::v1::ReplicaSet& replica_set,
                                                    const google::protobuf::Message& owner);

// Sizes of the batches in which `count` pods are created: 1, 2, 4, ... A batch with an error ends the round, so a
// creation that always fails costs one call, not hundreds.
std::vector<int> SlowStartBatches(int count);

}  // namespace kubelite::controllers
