#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"

namespace k8s::core::v1 {
class Node;
class Pod;
}  // namespace k8s::core::v1

namespace kubelite::controllers {

using NodePtr = std::shared_ptr<const k8s::core::v1::Node>;

// Whether a node that is not ready may get the taint that evicts its pods.
enum class Eviction {
  kAllowed,
  kLater,  // too many nodes became so just now; keep what is there
  kNever,  // no node of the cluster is ready, so the fault is more likely ours: take such taints away
};

struct NodeSnapshot {
  const k8s::core::v1::Node& node;
  absl::Time last_heartbeat;  // by our clock, when a new one was last seen
  absl::Duration grace;       // without a heartbeat for so long the node is lost
  Eviction eviction = Eviction::kAllowed;
  absl::Time now;
};

struct NodePlan {
  std::shared_ptr<k8s::core::v1::Node> with_conditions;  // null: conditions stay
  bool taints_changed = false;
  std::vector<std::string> add_taints, remove_taints;   // for people: "key:effect"
  bool ready = false;                                   // after the plan
  absl::Duration requeue_after = absl::ZeroDuration();  // when the grace period ends
  std::string ToString() const;
};
std::ostream& operator<<(std::ostream& out, const NodePlan& plan);

// Pure. A node whose heartbeats stopped gets conditions Unknown; conditions are translated to taints.
NodePlan PlanNode(const NodeSnapshot& snapshot);

// Gives `node` the taints that follow from its conditions; other taints stay. Returns whether anything changed, and
// says what in `plan`.
bool SyncTaints(Eviction eviction, absl::Time now, k8s::core::v1::Node* node, NodePlan* plan);

bool IsNodeReady(const k8s::core::v1::Node& node);
// The kubelet has never reported a status.
bool NeverReported(const k8s::core::v1::Node& node);

// A pod that still counts as ready although its node has stopped being so. One that became ready afterwards was
// reported by a kubelet that lives, and stays.
bool MustMarkNotReady(const k8s::core::v1::Pod& pod, const k8s::core::v1::Node& node);

// Nodes per second of `zone` (all its nodes) that may be tainted for eviction; 0: none. A zone most of whose nodes are
// lost is rather cut off than dead: slow down, and in small ones stop.
double EvictionRate(absl::Span<const NodePtr> zone, double normal_rate);
// No node is ready.
bool IsFullyDisrupted(absl::Span<const NodePtr> nodes);
// Region and zone labels joined.
std::string ZoneOf(const k8s::core::v1::Node& node);

}  // namespace kubelite::controllers
