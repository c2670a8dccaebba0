#pragma once

#include <string>

#include "absl/time/time.h"

namespace k8s::core::v1 {
class PodCondition;
class PodStatus;
}  // namespace k8s::core::v1

namespace kubelite::api {

// Null when there is none of that type.
const k8s::core::v1::PodCondition* FindPodCondition(const k8s::core::v1::PodStatus& status, const std::string& type);
// Sets or adds a condition; lastTransitionTime moves only when the status changes. Returns whether anything changed.
bool SetPodCondition(k8s::core::v1::PodStatus* status, const std::string& type, const std::string& condition_status,
                     const std::string& reason, const std::string& message, absl::Time now);

}  // namespace kubelite::api
