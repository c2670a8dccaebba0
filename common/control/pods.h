#pragma once

#include <string>

#include "absl/time/time.h"

namespace k8s::core::v1 {
class Pod;
class PodCondition;
class PodStatus;
}  // namespace k8s::core::v1

namespace kubelite::control {

// Rules about pods shared by controllers, scheduler and kubelet.
bool IsPodActive(const k8s::core::v1::Pod& pod);    // not Succeeded or Failed, not being deleted
bool IsPodTerminal(const k8s::core::v1::Pod& pod);  // Succeeded or Failed
bool IsPodReady(const k8s::core::v1::Pod& pod);
// Ready for at least `min_ready`.
bool IsPodAvailable(const k8s::core::v1::Pod& pod, absl::Duration min_ready, absl::Time now);
const k8s::core::v1::PodCondition* FindPodCondition(const k8s::core::v1::PodStatus& status, const std::string& type);
// Sets or adds a condition; lastTransitionTime moves only when the status changes. Returns whether anything changed.
bool SetPodCondition(k8s::core::v1::PodStatus* status, const std::string& type, const std::string& condition_status,
                     const std::string& reason, const std::string& message, absl::Time now);

}  // namespace kubelite::control
