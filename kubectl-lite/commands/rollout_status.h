#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "k8s/apps/v1.pb.h"

namespace kubelite::cli {

// How far the rollout of a deployment is, in kubectl's words.
struct RolloutProgress {
  std::string text;
  bool done = false;
};
// FailedPrecondition when the deployment has exceeded its progress deadline, or `revision` (0: any) is not the one that
// is rolled out.
absl::StatusOr<RolloutProgress> ProgressOf(const k8s::apps::v1::Deployment& deployment, int64_t revision);

}  // namespace kubelite::cli
