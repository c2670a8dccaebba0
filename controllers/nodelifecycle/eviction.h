#pragma once

#include "absl/time/time.h"

namespace k8s::core::v1 {
class Node;
class Pod;
}  // namespace k8s::core::v1

namespace kubelite::controllers {

// When the node's NoExecute taints drive the pod away: InfinitePast for now, InfiniteFuture for never. A toleration
// with tolerationSeconds counts from the taint's timeAdded or, when it has none, from `first_seen`. Pure.
absl::Time EvictionTime(const k8s::core::v1::Pod& pod, const k8s::core::v1::Node& node, absl::Time first_seen);

bool HasEvictingTaint(const k8s::core::v1::Node& node);

}  // namespace kubelite::controllers
