#include "controllers/nodelifecycle/eviction.h"

#include <algorithm>

#include "common/api/time.h"
#include "common/control/taints.h"

namespace kubelite::controllers {
namespace {

using k8s::core::v1::Node;
using k8s::core::v1::Pod;
using k8s::core::v1::Taint;
using k8s::core::v1::Toleration;

constexpr char kNoExecute[] = "NoExecute";

const Toleration* FirstMatch(const Pod& pod, const Taint& taint) {
  for (const Toleration& toleration : pod.spec().tolerations()) {
    if (control::Tolerates(toleration, taint)) return &toleration;
  }
  return nullptr;
}

}  // namespace

bool HasEvictingTaint(const Node& node) {
  return std::any_of(node.spec().taints().begin(), node.spec().taints().end(),
                     [](const Taint& taint) { return taint.effect() == kNoExecute; });
}

absl::Time EvictionTime(const Pod& pod, const Node& node, absl::Time first_seen) {
  absl::Time earliest = absl::InfiniteFuture();
  for (const Taint& taint : node.spec().taints()) {
    if (taint.effect() != kNoExecute) continue;
    const Toleration* toleration = FirstMatch(pod, taint);
    if (toleration == nullptr) return absl::InfinitePast();
    if (!toleration->has_tolerationseconds()) continue;
    if (toleration->tolerationseconds() <= 0) return absl::InfinitePast();
    const absl::Time added = taint.has_timeadded() ? api::FromProto(taint.timeadded()) : first_seen;
    earliest = std::min(earliest, added + absl::Seconds(toleration->tolerationseconds()));
  }
  return earliest;
}

}  // namespace kubelite::controllers
