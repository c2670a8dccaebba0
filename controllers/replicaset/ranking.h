#pragma once

#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"

namespace k8s::core::v1 {
class Pod;
}

namespace kubelite::controllers {

using PodPtr = std::shared_ptr<const k8s::core::v1::Pod>;

// Orders `pods` so that the one to delete first comes first: not assigned to a node; Pending before Unknown before
// Running; not ready; lower deletion cost; more `related` active pods (all pods of the same top owner) on its node;
// ready more recently; more container restarts; newer. Ages are compared in logarithmic buckets, so that within one
// order of magnitude the choice does not always fall on the newest; the uid decides what is left. Pure.
std::vector<PodPtr> RankForDeletion(std::vector<PodPtr> pods, absl::Span<const PodPtr> related, absl::Time now);

}  // namespace kubelite::controllers
