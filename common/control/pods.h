#pragma once

#include "absl/time/time.h"
#include "common/api/pod_conditions.h"

namespace k8s::core::v1 {
class Pod;
}

namespace kubelite::control {

// Rules about pods shared by controllers, scheduler and kubelet.
bool IsPodActive(const k8s::core::v1::Pod& pod);    // not Succeeded or Failed, not being deleted
bool IsPodTerminal(const k8s::core::v1::Pod& pod);  // Succeeded or Failed
bool IsPodReady(const k8s::core::v1::Pod& pod);
// Ready for at least `min_ready`.
bool IsPodAvailable(const k8s::core::v1::Pod& pod, absl::Duration min_ready, absl::Time now);
using api::FindPodCondition;
using api::SetPodCondition;

}  // namespace kubelite::control
