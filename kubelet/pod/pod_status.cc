#include "kubelet/pod/pod_status.h"

#include "common/api/time.h"
#include "kubelet/pod/conditions.h"
#include "kubelet/pod/spec.h"

namespace kubelite::kubelet {

using ContainerSpec = k8s::core::v1::Container;
using k8s::core::v1::ContainerStatus;
using k8s::core::v1::Pod;
using k8s::core::v1::PodStatus;
using StateMessage = k8s::core::v1::ContainerState;
using ContainerSpecs = google::protobuf::RepeatedPtrField<ContainerSpec>;
using ContainerStatuses = google::protobuf::RepeatedPtrField<ContainerStatus>;

namespace {

constexpr char kContainerIdScheme[] = "kube-lite://";

void FillTerminated(const Container& container, StateMessage* state) {
  auto* terminated = state->mutable_terminated();
  terminated->set_exitcode(container.exit_code);
  terminated->set_reason(container.reason);
  if (!container.message.empty()) terminated->set_message(container.message);
  // A container that never ran started, as upstream says, at the epoch.
  const bool ran = container.started_at != absl::InfinitePast();
  api::ToProto(ran ? container.started_at : absl::UnixEpoch(), terminated->mutable_startedat());
  api::ToProto(container.finished_at, terminated->mutable_finishedat());
  terminated->set_containerid(kContainerIdScheme + container.id);
}

const Container* Attempt(const RuntimePod& pod, const std::string& name, int attempt) {
  for (const Container& container : pod.containers) {
    if (container.name == name && container.attempt == attempt) return &container;
  }
  return nullptr;
}

class StatusBuilder {
 public:
  explicit StatusBuilder(const StatusInput& input) : in_(input), pod_(*input.pod) {}

  PodStatus Build() {
    AddContainers(pod_.spec().initcontainers(), /*is_init=*/true, in_.previous.initcontainerstatuses(),
                  status_.mutable_initcontainerstatuses());
    AddContainers(pod_.spec().containers(), /*is_init=*/false, in_.previous.containerstatuses(),
                  status_.mutable_containerstatuses());
    if (in_.terminated) FillUnlocated();
    std::sort(status_.mutable_containerstatuses()->pointer_begin(), status_.mutable_containerstatuses()->pointer_end(),
              [](const ContainerStatus* a, const ContainerStatus* b) { return a->name() < b->name(); });
    FillPhase();
    FillAddresses();
    api::ToProto(in_.start_time, status_.mutable_starttime());
    status_.set_qosclass(QosClass(pod_));
    if (pod_.metadata().generation() > 0) status_.set_observedgeneration(pod_.metadata().generation());
    const Sandbox* sandbox = CurrentSandbox(in_.observed);
    AddConditions(pod_, sandbox != nullptr && sandbox->ready, in_.previous, in_.now, &status_);
    return std::move(status_);
  }

 private:
  void AddContainers(const ContainerSpecs& specs, bool is_init, const ContainerStatuses& previous,
                     ContainerStatuses* statuses) {
    for (const ContainerSpec& spec : specs) {
      const ContainerStatus* before = nullptr;
      for (const ContainerStatus& candidate : previous) {
        if (candidate.name() == spec.name()) before = &candidate;
      }
      FillContainer(spec, is_init, before, statuses->Add());
    }
  }

  void FillContainer(const ContainerSpec& spec, bool is_init, const ContainerStatus* before, ContainerStatus* status) {
    status->set_name(spec.name());
    status->set_ready(false);
    status->set_restartcount(0);
    status->set_image(spec.image());
    status->set_imageid("");
    status->set_started(false);
    const Container* latest = LatestAttempt(in_.observed, spec.name());
    if (latest == nullptr) {
      FillNeverStarted(spec, before, status);
    } else {
      FillFromRuntime(spec, is_init, *latest, before, status);
    }
  }

  void FillNeverStarted(const ContainerSpec& spec, const ContainerStatus* before, ContainerStatus* status) {
    // The runtime has forgotten it, but it was told before how it ended.
    if (before != nullptr && before->state().has_terminated()) {
      *status = *before;
      return SetWaiting(spec.name(), status);
    }
    if (before != nullptr) {
      status->set_restartcount(before->restartcount());
      if (before->has_laststate()) *status->mutable_laststate() = before->laststate();
      if (before->state().has_running() && !before->laststate().has_terminated()) {
        FillUnknownEnd("The container could not be located when the pod was deleted.  The container used to be Running",
                       status->mutable_laststate());
        if (!pod_.metadata().has_deletiontimestamp()) status->set_restartcount(before->restartcount() + 1);
      }
    }
    auto* waiting = status->mutable_state()->mutable_waiting();
    waiting->set_reason(pod_.spec().initcontainers().empty() ? "ContainerCreating" : "PodInitializing");
    waiting->clear_message();
    SetWaiting(spec.name(), status);
  }

  void SetWaiting(const std::string& name, ContainerStatus* status) {
    const auto found = in_.waiting.find(name);
    if (found == in_.waiting.end()) return;
    if (status->state().has_terminated()) {
      *status->mutable_laststate() = status->state();
      status->mutable_state()->clear_terminated();
    }
    auto* waiting = status->mutable_state()->mutable_waiting();
    waiting->set_reason(found->second.reason);
    if (!found->second.message.empty()) waiting->set_message(found->second.message);
  }

  void FillFromRuntime(const ContainerSpec& spec, bool is_init, const Container& container,
                       const ContainerStatus* before, ContainerStatus* status) {
    status->set_restartcount(container.attempt);
    if (!container.image.empty()) status->set_image(container.image);
    status->set_imageid(container.image_id);
    status->set_containerid(kContainerIdScheme + container.id);
    if (const Container* previous = Attempt(in_.observed, spec.name(), container.attempt - 1)) {
      FillTerminated(*previous, status->mutable_laststate());
    } else if (before != nullptr && before->has_laststate() && container.attempt > 0) {
      *status->mutable_laststate() = before->laststate();
    }
    const bool sidecar = is_init && IsSidecar(spec);
    switch (container.state) {
      case ContainerState::kRunning: {
        api::ToProto(container.started_at, status->mutable_state()->mutable_running()->mutable_startedat());
        const auto found = in_.probes.find(container.id);
        const ProbeVerdict verdict = found == in_.probes.end() ? ProbeVerdict{} : found->second;
        status->set_started(verdict.started);
        status->set_ready((!is_init || sidecar) && verdict.started && verdict.ready);
        break;
      }
      case ContainerState::kExited:
        FillTerminated(container, status->mutable_state());
        status->set_ready(is_init && !sidecar && container.exit_code == 0);
        break;
      case ContainerState::kCreated:
        status->mutable_state()->mutable_waiting()->set_reason("ContainerCreating");
        break;
    }
    if (container.state != ContainerState::kRunning) SetWaiting(spec.name(), status);
  }

  void FillUnknownEnd(const char* message, StateMessage* state) const {
    state->Clear();
    auto* terminated = state->mutable_terminated();
    terminated->set_exitcode(137);
    terminated->set_reason("ContainerStatusUnknown");
    terminated->set_message(message);
    api::ToProto(absl::UnixEpoch(), terminated->mutable_startedat());
    api::ToProto(in_.now, terminated->mutable_finishedat());
  }

  // Nothing of the pod runs any more. What may have run but is not known to have ended has ended somehow; what never
  // had its turn stays waiting.
  void FillUnlocated() {
    int tried = status_.initcontainerstatuses_size();
    while (tried > 1 && !EverStarted(status_.initcontainerstatuses(tried - 1))) --tried;
    if (IsInitialized()) {
      for (ContainerStatus& status : *status_.mutable_containerstatuses()) FillUnlocated(&status);
    }
    for (int i = 0; i < tried; ++i) FillUnlocated(status_.mutable_initcontainerstatuses(i));
  }

  void FillUnlocated(ContainerStatus* status) const {
    if (status->state().has_terminated()) return;
    if (status->laststate().has_terminated()) {
      *status->mutable_state() = status->laststate();
    } else {
      FillUnknownEnd("The container could not be located when the pod was terminated", status->mutable_state());
    }
    status->set_ready(false);
    status->set_started(false);
  }

  static bool EverStarted(const ContainerStatus& status) {
    return !status.state().has_waiting() || status.laststate().has_terminated();
  }

  // Whether the app containers had their turn.
  bool IsInitialized() const {
    if (status_.initcontainerstatuses().empty()) return true;
    for (const ContainerStatus& app : status_.containerstatuses()) {
      if (EverStarted(app)) return true;
    }
    const ContainerStatus& last = *status_.initcontainerstatuses().rbegin();
    if (IsSidecar(*pod_.spec().initcontainers().rbegin())) return last.state().has_running() && last.started();
    return last.state().has_terminated() && last.state().terminated().exitcode() == 0;
  }

  void FillPhase() {
    const std::string& before = in_.previous.phase();
    if (before == "Failed" || before == "Succeeded") {
      status_.set_phase(before);
      if (in_.previous.has_reason()) status_.set_reason(in_.previous.reason());
      if (in_.previous.has_message()) status_.set_message(in_.previous.message());
      return;
    }
    status_.set_phase(ComputePhase(pod_, status_, in_.terminated));
    if (!in_.failure) return;
    // The phase follows once nothing runs, so that nobody replaces a pod that still does.
    if (in_.terminated) status_.set_phase("Failed");
    status_.set_reason(in_.failure->reason);
    status_.set_message(in_.failure->message);
  }

  void FillAddresses() {
    status_.set_hostip(in_.host_ip);
    status_.add_hostips()->set_ip(in_.host_ip);
    const Sandbox* sandbox = CurrentSandbox(in_.observed);
    const std::string ip = sandbox != nullptr ? sandbox->ip : in_.previous.podip();
    if (ip.empty()) return;
    status_.set_podip(ip);
    status_.add_podips()->set_ip(ip);
  }

  const StatusInput& in_;
  const Pod& pod_;
  PodStatus status_;
};

const ContainerStatus* FindStatus(const ContainerStatuses& statuses, const std::string& name) {
  for (const ContainerStatus& status : statuses) {
    if (status.name() == name) return &status;
  }
  return nullptr;
}

struct Counts {
  int pending_init = 0;
  int failed_init = 0;
  int unknown = 0;
  int waiting = 0;
  int running = 0;
  int stopped = 0;
  int succeeded = 0;
};

void CountInit(const ContainerStatus& status, Counts* counts) {
  if (status.state().has_terminated()) {
    counts->failed_init += status.state().terminated().exitcode() != 0;
  } else if (status.state().has_waiting() && status.laststate().has_terminated()) {
    counts->failed_init += status.laststate().terminated().exitcode() != 0;
  } else {
    ++counts->pending_init;
  }
}

void CountApp(const ContainerStatus& status, Counts* counts) {
  if (status.state().has_running()) {
    ++counts->running;
  } else if (status.state().has_terminated()) {
    ++counts->stopped;
    counts->succeeded += status.state().terminated().exitcode() == 0;
  } else if (status.laststate().has_terminated()) {
    ++counts->stopped;
  } else {
    ++counts->waiting;
  }
}

}  // namespace

std::string ComputePhase(const Pod& pod, const PodStatus& status, bool terminated) {
  Counts counts;
  for (const ContainerSpec& container : pod.spec().initcontainers()) {
    const ContainerStatus* found = FindStatus(status.initcontainerstatuses(), container.name());
    if (IsSidecar(container)) {
      counts.pending_init += found == nullptr || !(found->started() || found->state().has_terminated());
    } else if (found == nullptr) {
      ++counts.pending_init;
    } else {
      CountInit(*found, &counts);
    }
  }
  bool app_started = false;
  for (const ContainerSpec& container : pod.spec().containers()) {
    const ContainerStatus* found = FindStatus(status.containerstatuses(), container.name());
    if (found == nullptr) {
      ++counts.unknown;
    } else {
      CountApp(*found, &counts);
      app_started = app_started || !found->containerid().empty();
    }
  }
  const std::string policy = RestartPolicy(pod);
  if (counts.failed_init > 0 && policy == "Never") return "Failed";
  if (terminated) {
    return counts.unknown == 0 && counts.failed_init == 0 && counts.waiting == 0 &&
                   counts.stopped == counts.succeeded && counts.stopped > 0
               ? "Succeeded"
               : "Failed";
  }
  if ((counts.pending_init > 0 && !app_started) || (counts.failed_init > 0 && !app_started) || counts.waiting > 0) {
    return "Pending";
  }
  if (counts.running > 0 && counts.unknown == 0) return "Running";
  if (counts.stopped > 0 && counts.unknown == 0) {
    if (policy == "Always") return "Running";
    if (counts.stopped == counts.succeeded) return "Succeeded";
    return policy == "Never" ? "Failed" : "Running";
  }
  return "Pending";
}

PodStatus ComputePodStatus(const StatusInput& input) { return StatusBuilder(input).Build(); }

}  // namespace kubelite::kubelet
