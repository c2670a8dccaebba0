#include "k8s/core/v1.pb.h"
#include "scheduler/plugins/all.h"

namespace kubelite::scheduler {
namespace {

class NodePorts : public Plugin {
 public:
  std::string name() const override { return "NodePorts"; }
  std::vector<ClusterEvent> events() const override { return {ClusterEvent::kPodFreed, ClusterEvent::kNodeAdded}; }
  Verdict Filter(const k8s::core::v1::Pod& pod, const NodeInfo& node, const CycleState*) const override {
    for (const HostPort& wanted : HostPortsOf(pod)) {
      for (const HostPort& used : node.host_ports) {
        if (wanted.ConflictsWith(used)) {
          return Verdict::Reject("node(s) didn't have free ports for the requested pod ports");
        }
      }
    }
    return Verdict::Ok();
  }
};

}  // namespace

std::unique_ptr<const Plugin> NewNodePorts() { return std::make_unique<NodePorts>(); }

}  // namespace kubelite::scheduler
