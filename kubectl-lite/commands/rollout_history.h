#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/client/client.h"
#include "k8s/apps/v1.pb.h"

namespace kubelite::cli {

// The replica sets of a deployment by revision.
using RevisionMap = std::map<int64_t, std::shared_ptr<const k8s::apps::v1::ReplicaSet>>;
absl::StatusOr<RevisionMap> RevisionsOf(client::Client& client, const k8s::apps::v1::Deployment& deployment);

// The table of `rollout history`.
std::string HistoryText(const RevisionMap& revisions);
// The pod template of one revision. NotFound when there is no such revision.
absl::StatusOr<std::string> RevisionText(const RevisionMap& revisions, int64_t revision);

// Gives `deployment` the template and annotations of an earlier revision (0: the one before the present). False when it
// has that template already. Errors: no such revision, no history, a paused deployment.
absl::StatusOr<bool> RollBack(const RevisionMap& revisions, int64_t revision, k8s::apps::v1::Deployment* deployment);

}  // namespace kubelite::cli
