#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "k8s/core/v1.pb.h"
#include "kubelet/pod/plan.h"

namespace kubelite::kubelet {

// Everything a pod's status depends on.
struct StatusInput {
  const k8s::core::v1::Pod* pod = nullptr;
  RuntimePod observed;
  std::map<std::string, ProbeVerdict> probes;       // by container id
  std::map<std::string, WaitingContainer> waiting;  // by container name, from the plan
  std::optional<PodFailure> failure;
  bool terminated = false;            // the plan's state: nothing runs and nothing will
  k8s::core::v1::PodStatus previous;  // as last written; keeps terminal phases and transition times
  std::string host_ip;
  absl::Time start_time;
  absl::Time now;
};

// The whole status, with upstream's phases, reasons, messages and order of conditions. Pure.
k8s::core::v1::PodStatus ComputePodStatus(const StatusInput& input);

// The phase alone.
std::string ComputePhase(const k8s::core::v1::Pod& pod, const k8s::core::v1::PodStatus& status, bool terminated);

}  // namespace kubelite::kubelet
