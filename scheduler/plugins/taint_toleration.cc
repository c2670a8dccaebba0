#include "common/control/taints.h"
#include "k8s/core/v1.pb.h"
#include "scheduler/plugins/all.h"

namespace kubelite::scheduler {

namespace {

using k8s::core::v1::Pod;
using k8s::core::v1::Taint;

class TaintToleration : public Plugin {
 public:
  std::string name() const override { return "TaintToleration"; }
  std::vector<ClusterEvent> events() const override {
    return {ClusterEvent::kNodeAdded, ClusterEvent::kNodeUpdated, ClusterEvent::kPodUpdated};
  }
  Verdict Filter(const Pod& pod, const NodeInfo& node, const CycleState*) const override {
    for (const Taint& taint : node.node->spec().taints()) {
      if (taint.effect() != "NoSchedule" && taint.effect() != "NoExecute") continue;
      if (!control::TolerateTaint(pod.spec().tolerations(), taint))
        return Verdict::Reject("node(s) had untolerated taint(s)");
    }
    return Verdict::Ok();
  }
  int weight() const override { return 3; }
  int64_t Score(const Pod& pod, const NodeInfo& node, const CycleState*) const override {
    int64_t intolerable = 0;
    for (const Taint& taint : node.node->spec().taints()) {
      if (taint.effect() == "PreferNoSchedule" && !control::TolerateTaint(pod.spec().tolerations(), taint))
        ++intolerable;
    }
    return intolerable;
  }
  void Normalize(std::vector<int64_t>* scores) const override { NormalizeToMax(/*reverse=*/true, scores); }
};

}  // namespace

std::unique_ptr<const Plugin> NewTaintToleration() { return std::make_unique<TaintToleration>(); }

}  // namespace kubelite::scheduler
