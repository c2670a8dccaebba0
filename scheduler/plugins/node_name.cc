#include "k8s/core/v1.pb.h"
#include "scheduler/plugins/all.h"

namespace kubelite::scheduler {
namespace {

class NodeName : public Plugin {
 public:
  std::string name() const override { return "NodeName"; }
  std::vector<ClusterEvent> events() const override { return {ClusterEvent::kNodeAdded}; }
  Verdict Filter(const k8s::core::v1::Pod& pod, const NodeInfo& node, const CycleState*) const override {
    const std::string& wanted = pod.spec().nodename();
    if (wanted.empty() || wanted == node.node->metadata().name()) return Verdict::Ok();
    return Verdict::Reject("node(s) didn't match the requested node name");
  }
};

}  // namespace

std::unique_ptr<const Plugin> NewNodeName() { return std::make_unique<NodeName>(); }

}  // namespace kubelite::scheduler
