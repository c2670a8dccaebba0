#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "common/base/executor.h"
#include "common/base/mutex.h"
#include "common/client/events.h"
#include "common/control/work_queue.h"
#include "kubelet/pod/plan.h"
#include "kubelet/probe/probe_manager.h"
#include "kubelet/runtime/runtime.h"
#include "kubelet/status/status_manager.h"
#include "kubelet/worker/container_starter.h"
#include "kubelet/worker/pod_table.h"

namespace kubelite::kubelet {

// Makes every pod of the table as it should be: reads what the runtime has, asks PlanPod, acts, and reports the status.
// Pods are keys (uids) of a work queue: one task per pod at a time, no thread per pod. What the runtime, the table and
// the API say is enough to go on after a restart; what is kept in memory only makes it smoother. Thread-safe.
class PodWorker {
 public:
  struct Deps {
    base::Executor* executor = nullptr;
    Runtime* runtime = nullptr;
    Prober* prober = nullptr;
    client::EventRecorder* events = nullptr;
    PodTable* table = nullptr;
    StatusManager* status = nullptr;
    ContainerStarter::Deps starter;
    // The object that shows this pod in the API (the mirror of a static pod), or null.
    std::function<std::shared_ptr<const k8s::core::v1::Pod>(const DesiredPod&)> in_api;
    // Called on the executor when nothing of a removed pod is left.
    std::function<void(const std::string& uid)> forgotten;
    int workers = 8;
  };
  explicit PodWorker(Deps deps);
  ~PodWorker();  // Stop()

  // Something about the pod changed. Never blocks.
  void Wake(const std::string& uid);
  // Waits for running tasks. Pods keep running.
  void Stop();
  bool idle() const { return queue_->idle(); }
  std::string PodLogDirectory(const k8s::core::v1::Pod& pod) const { return starter_.PodLogDirectory(pod); }

 private:
  // Used by one task at a time.
  struct Memory {
    PodState state = PodState::kWaiting;
    std::optional<absl::Time> start_time;
    std::map<std::string, StartProblem> problems;
    std::set<std::string> stopping;
    std::map<std::string, std::string> told_back_off;  // container name to the attempt that was told
    std::optional<PodFailure> failure;
    k8s::core::v1::PodStatus last;
    absl::Duration mount_delay;
  };
  struct Outcome {
    PodPlan plan;
    RuntimePod observed;
    std::map<std::string, ProbeVerdict> probes;
  };

  void Work(const std::string& uid);
  absl::Status Reconcile(const std::string& uid);
  std::shared_ptr<Memory> MemoryOf(const DesiredPod& desired);
  // False when volumes are not ready; then it is tried again later.
  bool VolumesReady(const DesiredPod& desired, Memory* memory);
  absl::StatusOr<Outcome> PlanAndAct(const DesiredPod& desired, Memory* memory);
  // Whether it is worth to look again at once.
  absl::StatusOr<bool> Act(const DesiredPod& desired, const PodPlan& plan, const RuntimePod& observed, Memory* memory);
  absl::Status CreateSandbox(const DesiredPod& desired, int attempt);
  void TellBackOff(const DesiredPod& desired, const Outcome& outcome, Memory* memory);
  void Report(const DesiredPod& desired, const Outcome& outcome, Memory* memory);
  absl::Status CleanUp(const DesiredPod& desired, const RuntimePod& observed);

  const Deps deps_;
  ContainerStarter starter_;
  base::Mutex mutex_;
  std::map<std::string, std::shared_ptr<Memory>> memories_ ABSL_GUARDED_BY(mutex_);  // by uid
  std::shared_ptr<control::WorkQueue> queue_;
  std::unique_ptr<ProbeManager> probes_;
};

}  // namespace kubelite::kubelet
