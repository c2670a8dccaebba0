#pragma once

#include "absl/time/time.h"
#include "controllers/deployment/rollout.h"

namespace k8s::apps::v1 {
class DeploymentStatus;
}

namespace kubelite::controllers {

// Whether the deployment watches its progress (progressDeadlineSeconds set and not "none").
bool HasProgressDeadline(const k8s::apps::v1::DeploymentSpec& spec);

// All wanted replicas are of the current template and available, no others are left, and `status` is up to date.
bool IsComplete(const k8s::apps::v1::Deployment& deployment, const k8s::apps::v1::DeploymentStatus& status);

// Sums up the ReplicaSets' statuses into `status` (whose conditions are kept) and sets condition Available.
void Summarise(const k8s::apps::v1::Deployment& deployment, const Rollout& rollout, absl::Time now,
               k8s::apps::v1::DeploymentStatus* status);

// Sets conditions Progressing (against the status the deployment has now) and ReplicaFailure.
void JudgeProgress(const k8s::apps::v1::Deployment& deployment, const Rollout& rollout, absl::Time now,
                   k8s::apps::v1::DeploymentStatus* status);

// When the progress deadline must be looked at again; zero for never.
absl::Duration UntilDeadline(const k8s::apps::v1::Deployment& deployment, const k8s::apps::v1::DeploymentStatus& status,
                             absl::Time now);

}  // namespace kubelite::controllers
