#pragma once

#include "absl/time/time.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::kubelet {

// Adds the kubelet's conditions, in upstream's order, to a status whose phase and container statuses are complete.
// lastTransitionTime moves only with the status; conditions of others are only read from `previous` (readiness gates).
// Pure.
void AddConditions(const k8s::core::v1::Pod& pod, bool sandbox_ready, const k8s::core::v1::PodStatus& previous,
                   absl::Time now, k8s::core::v1::PodStatus* status);

}  // namespace kubelite::kubelet
