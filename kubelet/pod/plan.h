#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "k8s/core/v1.pb.h"
#include "kubelet/pod/pod_state.h"
#include "kubelet/runtime/runtime.h"

namespace kubelite::kubelet {

// Why a container could not be started, and until when that is not tried again.
struct StartProblem {
  std::string reason;  // ErrImagePull, CreateContainerConfigError, ...
  std::string message;
  absl::Time retry_at;
};

// What probes say of one running container.
struct ProbeVerdict {
  bool started = true;                       // the startup probe succeeded, or there is none
  bool ready = true;                         // the readiness probe succeeds, or there is none
  std::string kill;                          // not empty: restart it; the text of the event
  std::optional<absl::Duration> kill_grace;  // of the probe; else the pod's
};

// A pod that ends whatever its containers do.
struct PodFailure {
  std::string reason;  // DeadlineExceeded, OutOfpods, ...
  std::string message;
};

// Everything a plan depends on.
struct PlanInput {
  const k8s::core::v1::Pod* pod = nullptr;
  RuntimePod observed;
  std::map<std::string, StartProblem> problems;  // by container name
  std::map<std::string, ProbeVerdict> probes;    // by container id; absent: no probe
  std::set<std::string> stopping;                // container ids that were told to stop
  bool remove = false;                           // the pod was deleted: stop everything
  std::optional<absl::Duration> remove_grace;    // instead of the pod's
  std::optional<PodFailure> failure;             // the pod failed: stop everything
  PodState state = PodState::kWaiting;           // the last plan's
  absl::Time start_time;                         // status.startTime
  absl::Time now;
};

struct StartAction {
  std::string name;
  bool is_init = false;
  int attempt = 0;
  absl::Duration restart_delay;  // to be recorded with the container
  bool operator==(const StartAction&) const = default;
};

struct StopAction {
  std::string id;
  std::string name;
  absl::Duration grace;
  std::string message;  // of the Killing event; empty when it was told before
  bool operator==(const StopAction&) const = default;
};

struct WaitingContainer {
  std::string reason;
  std::string message;
  bool operator==(const WaitingContainer&) const = default;
};

// What to do now, in this order, and how it looks meanwhile.
struct PodPlan {
  PodState state = PodState::kWaiting;
  std::optional<PodFailure> failure;  // newly found
  std::vector<StopAction> stop;
  std::string stop_sandbox;           // id, or empty
  std::optional<int> create_sandbox;  // its attempt
  std::vector<StartAction> start;
  std::vector<std::string> remove;                  // ids of ended containers that nobody needs any more
  std::map<std::string, WaitingContainer> waiting;  // by container name
  absl::Time wake = absl::InfiniteFuture();         // plan again then at the latest

  bool Acts() const {
    return !stop.empty() || !stop_sandbox.empty() || create_sandbox || !start.empty() || !remove.empty();
  }
};

// Pure. The rules are upstream's computePodActions (kuberuntime_manager.go).
PodPlan PlanPod(const PlanInput& input);

// For test output.
std::string ToString(const PodPlan& plan);

// The latest attempt of a container, or null; with `sandbox_id` only what belongs to that sandbox.
const Container* LatestAttempt(const RuntimePod& pod, const std::string& name, const std::string& sandbox_id = "");
// The pod's newest sandbox, or null.
const Sandbox* CurrentSandbox(const RuntimePod& pod);
// Whether a container that ended like this is started again.
bool RestartsAfter(const k8s::core::v1::Pod& pod, const k8s::core::v1::Container& container, bool is_init,
                   const Container& ended);

}  // namespace kubelite::kubelet
