#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "k8s/core/v1.pb.h"
#include "scheduler/plugins/all.h"

namespace kubelite::scheduler {
namespace {

class SchedulingGates : public Plugin {
 public:
  std::string name() const override { return "SchedulingGates"; }
  std::vector<ClusterEvent> events() const override { return {ClusterEvent::kPodUpdated}; }
  Verdict PreEnqueue(const k8s::core::v1::Pod& pod) const override {
    if (pod.spec().schedulinggates_size() == 0) return Verdict::Ok();
    return Verdict::Reject(
        absl::StrCat("waiting for scheduling gates: [",
                     absl::StrJoin(pod.spec().schedulinggates(), " ",
                                   [](std::string* out, const auto& gate) { out->append(gate.name()); }),
                     "]"));
  }
};

}  // namespace

std::unique_ptr<const Plugin> NewSchedulingGates() { return std::make_unique<SchedulingGates>(); }

}  // namespace kubelite::scheduler
