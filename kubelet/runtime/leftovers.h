#pragma once

#include <set>
#include <string>

namespace kubelite::kubelet {

// The variable by which every process of a pod can be told: the pod's directory, which no other pod of any kubelet on
// this machine has.
inline constexpr char kPodDirectoryVariable[] = "KUBE_LITE_POD_DIR";

// Kills every process that has one of `pod_directories` in its environment, for when a pod's shim cannot do it: the
// shim too, and what they start meanwhile. Waits some seconds until they are gone. Returns how many there were.
int KillLeftovers(const std::set<std::string>& pod_directories);

}  // namespace kubelite::kubelet
