#pragma once

namespace k8s::core::v1 {
class Pod;
}

namespace kubelite::scheduler {

struct NodeInfo;

// nodeSelector and required node affinity both hold (terms are alternatives, expressions of a term all needed).
bool MatchesNodeAffinity(const k8s::core::v1::Pod& pod, const NodeInfo& node);

}  // namespace kubelite::scheduler
