#include "common/control/taints.h"
#include "k8s/core/v1.pb.h"
#include "scheduler/plugins/all.h"

namespace kubelite::scheduler {
namespace {

class NodeUnschedulable : public Plugin {
 public:
  std::string name() const override { return "NodeUnschedulable"; }
  std::vector<ClusterEvent> events() const override { return {ClusterEvent::kNodeAdded, ClusterEvent::kNodeUpdated}; }
  Verdict Filter(const k8s::core::v1::Pod& pod, const NodeInfo& node, const CycleState*) const override {
    if (!node.node->spec().unschedulable()) return Verdict::Ok();
    k8s::core::v1::Taint taint;
    taint.set_key("node.kubernetes.io/unschedulable");
    taint.set_effect("NoSchedule");
    if (control::TolerateTaint(pod.spec().tolerations(), taint)) return Verdict::Ok();
    return Verdict::Reject("node(s) were unschedulable");
  }
};

}  // namespace

std::unique_ptr<const Plugin> NewNodeUnschedulable() { return std::make_unique<NodeUnschedulable>(); }

}  // namespace kubelite::scheduler
