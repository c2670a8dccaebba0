#include "kubectl-lite/commands/rollout_status.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/api/object.h"

namespace kubelite::cli {

using k8s::apps::v1::Deployment;

absl::StatusOr<RolloutProgress> ProgressOf(const Deployment& deployment, int64_t revision) {
  const auto& status = deployment.status();
  const std::string quoted = absl::StrCat("deployment \"", deployment.metadata().name(), "\"");
  if (revision > 0) {
    int64_t running = 0;
    if (!absl::SimpleAtoi(api::GetAnnotation(deployment, "deployment.kubernetes.io/revision"), &running)) running = 0;
    if (running != revision) {
      return absl::FailedPreconditionError(
          absl::StrCat("desired revision (", revision, ") is different from the running revision (", running, ")"));
    }
  }
  if (deployment.metadata().generation() > status.observedgeneration()) {
    return RolloutProgress{"Waiting for deployment spec update to be observed..."};
  }
  for (const auto& condition : status.conditions()) {
    if (condition.type() == "Progressing" && condition.reason() == "ProgressDeadlineExceeded") {
      return absl::FailedPreconditionError(absl::StrCat(quoted, " exceeded its progress deadline"));
    }
  }
  const std::string waiting = absl::StrCat("Waiting for ", quoted, " rollout to finish: ");
  if (deployment.spec().has_replicas() && status.updatedreplicas() < deployment.spec().replicas()) {
    return RolloutProgress{absl::StrCat(waiting, status.updatedreplicas(), " out of ", deployment.spec().replicas(),
                                        " new replicas have been updated...")};
  }
  if (status.replicas() > status.updatedreplicas()) {
    return RolloutProgress{absl::StrCat(waiting, status.replicas() - status.updatedreplicas(),
                                        " old replicas are pending termination...")};
  }
  if (status.availablereplicas() < status.updatedreplicas()) {
    return RolloutProgress{absl::StrCat(waiting, status.availablereplicas(), " of ", status.updatedreplicas(),
                                        " updated replicas are available...")};
  }
  return RolloutProgress{absl::StrCat(quoted, " successfully rolled out"), true};
}

}  // namespace kubelite::cli
