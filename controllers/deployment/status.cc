#include "controllers/deployment/status.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "common/api/time.h"
#include "controllers/deployment/conditions.h"

namespace kubelite::controllers {
namespace {

using k8s::apps::v1::Deployment;
using k8s::apps::v1::DeploymentCondition;
using k8s::apps::v1::DeploymentSpec;
using k8s::apps::v1::DeploymentStatus;
using k8s::apps::v1::ReplicaSetCondition;

// More updated, ready or available pods than before, or fewer old ones.
bool HasProgressed(const DeploymentStatus& before, const DeploymentStatus& now) {
  return now.updatedreplicas() > before.updatedreplicas() ||
         now.replicas() - now.updatedreplicas() < before.replicas() - before.updatedreplicas() ||
         now.readyreplicas() > before.readyreplicas() || now.availablereplicas() > before.availablereplicas();
}

bool HasTimedOut(const DeploymentSpec& spec, const DeploymentStatus& status, absl::Time now) {
  const DeploymentCondition* condition = FindCondition(status, kProgressing);
  if (condition == nullptr || condition->reason() == kNewReplicaSetAvailable) return false;
  if (condition->reason() == kTimedOut) return true;
  return api::FromProto(condition->lastupdatetime()) + absl::Seconds(spec.progressdeadlineseconds()) < now;
}

const ReplicaSetCondition* FailureOf(const PlannedReplicaSet& set) {
  for (const ReplicaSetCondition& condition : set.after->status().conditions()) {
    if (condition.type() == kReplicaFailure) return &condition;
  }
  return nullptr;
}

// The current ReplicaSet's failure, else any other's.
const ReplicaSetCondition* FindFailure(const Rollout& rollout) {
  if (rollout.current != nullptr) {
    if (const ReplicaSetCondition* failure = FailureOf(*rollout.current)) return failure;
  }
  for (const PlannedReplicaSet* set : rollout.old) {
    if (const ReplicaSetCondition* failure = FailureOf(*set)) return failure;
  }
  return nullptr;
}

void CopyFailure(const ReplicaSetCondition* failure, absl::Time now, DeploymentStatus* status) {
  if (failure == nullptr) {
    RemoveCondition(kReplicaFailure, status);
    return;
  }
  SetCondition({kReplicaFailure, failure->status(), failure->reason(), failure->message()}, now, status);
}

}  // namespace

bool HasProgressDeadline(const DeploymentSpec& spec) {
  return spec.has_progressdeadlineseconds() && spec.progressdeadlineseconds() != std::numeric_limits<int32_t>::max();
}

bool IsComplete(const Deployment& deployment, const DeploymentStatus& status) {
  const int replicas = BoundsOf(deployment.spec()).replicas;
  return status.updatedreplicas() == replicas && status.replicas() == replicas &&
         status.availablereplicas() == replicas && status.observedgeneration() >= deployment.metadata().generation();
}

void Summarise(const Deployment& deployment, const Rollout& rollout, absl::Time now, DeploymentStatus* status) {
  int replicas = 0, ready = 0, available = 0, terminating = 0;
  bool knows_terminating = false;
  for (const PlannedReplicaSet* set : rollout.all()) {
    replicas += set->after->status().replicas();
    ready += set->after->status().readyreplicas();
    available += set->after->status().availablereplicas();
    terminating += set->after->status().terminatingreplicas();
    knows_terminating |= set->after->status().has_terminatingreplicas();
  }
  status->set_observedgeneration(deployment.metadata().generation());
  status->set_replicas(replicas);
  status->set_updatedreplicas(rollout.current == nullptr ? 0 : rollout.current->after->status().replicas());
  status->set_readyreplicas(ready);
  status->set_availablereplicas(available);
  status->set_unavailablereplicas(std::max(0, rollout.total() - available));
  if (knows_terminating) status->set_terminatingreplicas(terminating);
  if (available >= rollout.bounds.min_available) {
    SetCondition({kAvailable, "True", "MinimumReplicasAvailable", "Deployment has minimum availability."}, now, status);
  } else {
    SetCondition({kAvailable, "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability."},
                 now, status);
  }
}

void JudgeProgress(const Deployment& deployment, const Rollout& rollout, absl::Time now, DeploymentStatus* status) {
  CopyFailure(FindFailure(rollout), now, status);
  if (!HasProgressDeadline(deployment.spec())) {
    RemoveCondition(kProgressing, status);
    return;
  }
  const DeploymentCondition* present = FindCondition(deployment.status(), kProgressing);
  const bool was_complete = present != nullptr && present->reason() == kNewReplicaSetAvailable &&
                            status->replicas() == status->updatedreplicas();
  if (was_complete) return;
  const std::string subject = rollout.current == nullptr
                                  ? absl::StrCat("Deployment \"", deployment.metadata().name(), "\"")
                                  : absl::StrCat("ReplicaSet \"", rollout.current->after->metadata().name(), "\"");
  if (IsComplete(deployment, *status)) {
    SetCondition({kProgressing, "True", kNewReplicaSetAvailable, subject + " has successfully progressed."}, now,
                 status);
  } else if (HasProgressed(deployment.status(), *status)) {
    RenewCondition({kProgressing, "True", kReplicaSetUpdated, subject + " is progressing."}, now, status);
  } else if (HasTimedOut(deployment.spec(), *status, now)) {
    SetCondition({kProgressing, "False", kTimedOut, subject + " has timed out progressing."}, now, status);
  }
}

absl::Duration UntilDeadline(const Deployment& deployment, const DeploymentStatus& status, absl::Time now) {
  const DeploymentCondition* condition = FindCondition(status, kProgressing);
  if (!HasProgressDeadline(deployment.spec()) || deployment.spec().paused() || condition == nullptr ||
      condition->reason() == kNewReplicaSetAvailable || condition->reason() == kTimedOut ||
      IsComplete(deployment, status)) {
    return absl::ZeroDuration();
  }
  // Times are kept in whole seconds, so look a second later than the deadline.
  const absl::Time deadline = api::FromProto(condition->lastupdatetime()) +
                              absl::Seconds(deployment.spec().progressdeadlineseconds()) + absl::Seconds(1);
  return std::max(deadline - now, absl::Seconds(1));
}

}  // namespace kubelite::controllers
