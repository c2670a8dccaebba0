#include "common/control/pods.h"

#include "common/api/time.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::control {

using k8s::core::v1::Pod;
using k8s::core::v1::PodCondition;

bool IsPodTerminal(const Pod& pod) {
  const std::string& phase = pod.status().phase();
  return phase == "Succeeded" || phase == "Failed";
}

bool IsPodActive(const Pod& pod) { return !IsPodTerminal(pod) && !pod.metadata().has_deletiontimestamp(); }

bool IsPodReady(const Pod& pod) {
  const PodCondition* ready = FindPodCondition(pod.status(), "Ready");
  return ready != nullptr && ready->status() == "True";
}

bool IsPodAvailable(const Pod& pod, absl::Duration min_ready, absl::Time now) {
  if (!IsPodReady(pod)) return false;
  if (min_ready <= absl::ZeroDuration()) return true;
  const PodCondition& ready = *FindPodCondition(pod.status(), "Ready");
  return ready.has_lasttransitiontime() && api::FromProto(ready.lasttransitiontime()) + min_ready <= now;
}

}  // namespace kubelite::control
