#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/base/executor.h"
#include "common/client/events.h"
#include "k8s/core/v1.pb.h"
#include "kubelet/pod/plan.h"
#include "kubelet/probe/prober.h"
#include "kubelet/runtime/runtime.h"

namespace kubelite::kubelet {

// Runs the startup, liveness and readiness probes of all containers, each on its own timer of the executor; exec probes
// block one of its threads for as long as the command runs, at most kMaxCommands at once. Thread-safe.
//
// One thing differs from upstream: while nothing listens yet, startup and readiness probes of a container that has just
// started are tried again at 10, 20, 40, ... ms without counting, so that a server is ready as soon as it serves and
// not one period later.
class ProbeManager {
 public:
  static constexpr int kMaxCommands = 8;

  struct Deps {
    base::Executor* executor = nullptr;
    Runtime* runtime = nullptr;
    Prober* prober = nullptr;
    client::EventRecorder* events = nullptr;
  };
  // `changed` is called on the executor with the pod's uid when a verdict changed.
  ProbeManager(const Deps& deps, std::function<void(const std::string& pod_uid)> changed);
  ~ProbeManager();  // no probe starts and `changed` is not called afterwards

  struct Subject {
    std::shared_ptr<const k8s::core::v1::Pod> pod;
    RuntimePod observed;
    bool terminating = false;  // only readiness goes on
  };
  // Makes the probes of the pod's running containers run and no others, and returns what they say by container id. A
  // container that the pod's status already shows as ready is ready until a probe says otherwise, so a restarted
  // kubelet changes nothing.
  std::map<std::string, ProbeVerdict> Update(const Subject& subject);
  void Forget(const std::string& pod_uid);

 private:
  class Worker;
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace kubelite::kubelet
