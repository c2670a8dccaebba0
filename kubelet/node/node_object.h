#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "k8s/coordination/v1.pb.h"
#include "k8s/core/v1.pb.h"
#include "kubelet/node/machine.h"
#include "kubelet/runtime/runtime.h"

namespace kubelite::kubelet {

struct NodeSettings {
  std::string name;
  std::string ip;
  int max_pods = 110;
  std::map<std::string, std::string> labels;  // besides the well-known ones
  std::vector<k8s::core::v1::Taint> taints;   // of a node that is registered for the first time
  Machine machine;
  RuntimeVersion runtime;
};

// Capacity and allocatable amounts of the node: cpu, memory, pods.
std::map<std::string, std::string> NodeCapacity(const NodeSettings& settings);

// The object that registers the node.
k8s::core::v1::Node MakeNode(const NodeSettings& settings, absl::Time now);
// Brings labels and annotations that are the kubelet's up to date. Returns whether anything changed.
bool UpdateNodeMetadata(const NodeSettings& settings, k8s::core::v1::Node* node);
// Replaces what the kubelet owns of the status; transition times move only with a condition's status. `images` are the
// largest first.
void FillNodeStatus(const NodeSettings& settings, const std::vector<Image>& images, absl::Time now,
                    k8s::core::v1::NodeStatus* status);
// Equal but for heartbeat times.
bool SameNodeStatus(const k8s::core::v1::NodeStatus& a, const k8s::core::v1::NodeStatus& b);

// The node's heartbeat. `node_uid` may be empty, then it has no owner.
k8s::coordination::v1::Lease MakeLease(const std::string& node, const std::string& node_uid, absl::Time now);

}  // namespace kubelite::kubelet
