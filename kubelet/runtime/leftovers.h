#pragma once

#include <string>

namespace kubelite::kubelet {

// Kills every process that belongs to the pod by its environment (KUBE_LITE_POD_UID), for when its shim was killed and
// cannot do it. Returns how many there were. Blocks on /proc.
int KillLeftovers(const std::string& pod_uid);

}  // namespace kubelite::kubelet
