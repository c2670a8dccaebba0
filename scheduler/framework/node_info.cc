#include "scheduler/framework/node_info.h"

#include "k8s/core/v1.pb.h"

namespace kubelite::scheduler {

bool HostPort::ConflictsWith(const HostPort& other) const {
  if (port != other.port || protocol != other.protocol) return false;
  const auto any = [](const std::string& ip) { return ip.empty() || ip == "0.0.0.0" || ip == "::"; };
  return any(ip) || any(other.ip) || ip == other.ip;
}

std::vector<HostPort> HostPortsOf(const k8s::core::v1::Pod& pod) {
  std::vector<HostPort> ports;
  for (const auto& container : pod.spec().containers()) {
    for (const auto& port : container.ports()) {
      if (port.hostport() > 0) ports.push_back({port.hostip(), port.protocol(), port.hostport()});
    }
  }
  return ports;
}

NodeInfo::NodeInfo(NodePtr from) : node(std::move(from)) {
  allocatable = Resources::From(node->status().allocatable());
}

void NodeInfo::AddPod(const PodPtr& pod) {
  pods.push_back(pod);
  requested.Add(PodRequests(*pod));
  requested_for_score.Add(PodRequestsForScore(*pod));
  for (HostPort& port : HostPortsOf(*pod)) host_ports.push_back(std::move(port));
}

const std::string* NodeLabel(const NodeInfo& node, const std::string& key) {
  const auto& labels = node.node->metadata().labels();
  const auto found = labels.find(key);
  return found == labels.end() ? nullptr : &found->second;
}

}  // namespace kubelite::scheduler
