#pragma once

#include <string>

#include "absl/time/time.h"

namespace k8s::apps::v1 {
class DeploymentCondition;
class DeploymentStatus;
}  // namespace k8s::apps::v1

namespace kubelite::controllers {

// Condition types and reasons of Deployments; users and kubectl read these texts.
inline constexpr char kAvailable[] = "Available";
inline constexpr char kProgressing[] = "Progressing";
inline constexpr char kReplicaFailure[] = "ReplicaFailure";
inline constexpr char kNewReplicaSetCreated[] = "NewReplicaSetCreated";
inline constexpr char kFoundNewReplicaSet[] = "FoundNewReplicaSet";
inline constexpr char kReplicaSetUpdated[] = "ReplicaSetUpdated";
inline constexpr char kNewReplicaSetAvailable[] = "NewReplicaSetAvailable";
inline constexpr char kReplicaSetCreateError[] = "ReplicaSetCreateError";
inline constexpr char kTimedOut[] = "ProgressDeadlineExceeded";
inline constexpr char kPaused[] = "DeploymentPaused";
inline constexpr char kResumed[] = "DeploymentResumed";

struct ConditionChange {
  std::string type;
  std::string status;
  std::string reason;
  std::string message;
};

const k8s::apps::v1::DeploymentCondition* FindCondition(const k8s::apps::v1::DeploymentStatus& status,
                                                        const std::string& type);
// Does nothing when status and reason are as they were. lastTransitionTime moves only with the status.
void SetCondition(const ConditionChange& change, absl::Time now, k8s::apps::v1::DeploymentStatus* status);
// As SetCondition, but lastUpdateTime always moves: progress was made, the deadline starts again.
void RenewCondition(const ConditionChange& change, absl::Time now, k8s::apps::v1::DeploymentStatus* status);
void RemoveCondition(const std::string& type, k8s::apps::v1::DeploymentStatus* status);

}  // namespace kubelite::controllers
