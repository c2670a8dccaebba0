#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "scheduler/framework/resources.h"

namespace k8s::core::v1 {
class Namespace;
class Node;
class Pod;
}  // namespace k8s::core::v1

namespace kubelite::scheduler {

using NamespacePtr = std::shared_ptr<const k8s::core::v1::Namespace>;
using NodePtr = std::shared_ptr<const k8s::core::v1::Node>;
using PodPtr = std::shared_ptr<const k8s::core::v1::Pod>;

// A host port that a pod holds. An empty address means all addresses.
struct HostPort {
  std::string ip;
  std::string protocol;
  int32_t port = 0;
  bool ConflictsWith(const HostPort& other) const;
};
std::vector<HostPort> HostPortsOf(const k8s::core::v1::Pod& pod);

// One node with the pods that run or are about to run on it. Immutable once it is in a snapshot.
struct NodeInfo {
  NodePtr node;
  std::vector<PodPtr> pods;
  Resources allocatable;
  Resources requested;
  Resources requested_for_score;
  std::vector<HostPort> host_ports;

  explicit NodeInfo(NodePtr node);
  void AddPod(const PodPtr& pod);
};
using NodeInfoPtr = std::shared_ptr<const NodeInfo>;

// All nodes, by name, and namespaces at one moment.
struct Snapshot {
  std::vector<NodeInfoPtr> nodes;
  std::map<std::string, NamespacePtr> namespaces;
};

// The value of a node label; null when absent.
const std::string* NodeLabel(const NodeInfo& node, const std::string& key);

}  // namespace kubelite::scheduler
