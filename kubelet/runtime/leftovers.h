#pragma once

#include <string>

namespace kubelite::kubelet {

// The variable by which every process of a pod can be told: the pod's directory, which no other pod of any kubelet on
// this machine has.
inline constexpr char kPodDirectoryVariable[] = "KUBE_LITE_POD_DIR";

// Kills every process that has `pod_directory` in its environment, for when the pod's shim was killed and cannot do it.
// What they start meanwhile is killed too. Returns how many there were. Blocks on /proc.
int KillLeftovers(const std::string& pod_directory);

}  // namespace kubelite::kubelet
