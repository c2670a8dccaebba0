#include "kubelet/pod/plan.h"

#include "absl/strings/str_cat.h"
#include "common/api/time.h"
#include "kubelet/pod/restart_backoff.h"
#include "kubelet/pod/spec.h"

namespace kubelite::kubelet {

using ContainerSpec = k8s::core::v1::Container;
using k8s::core::v1::Pod;

const Container* LatestAttempt(const RuntimePod& pod, const std::string& name, const std::string& sandbox_id) {
  const Container* latest = nullptr;
  for (const Container& container : pod.containers) {
    if (container.name != name || (!sandbox_id.empty() && container.sandbox_id != sandbox_id)) continue;
    if (latest == nullptr || container.attempt > latest->attempt) latest = &container;
  }
  return latest;
}

const Sandbox* CurrentSandbox(const RuntimePod& pod) { return pod.sandboxes.empty() ? nullptr : &pod.sandboxes.back(); }

bool RestartsAfter(const Pod& pod, const ContainerSpec& container, bool is_init, const Container& ended) {
  std::string policy = RestartPolicy(pod);
  if (!container.restartpolicy().empty()) {
    policy = container.restartpolicy();
  } else if (is_init && policy == "Always") {
    policy = "OnFailure";
  }
  return policy == "Always" || (policy == "OnFailure" && ended.exit_code != 0);
}

namespace {

constexpr char kHashAnnotation[] = "io.kubernetes.container.hash";
constexpr absl::Duration kMinimumGrace = absl::Seconds(2);
constexpr int kKeptAttempts = 2;  // the current one and the one before, for `logs --previous`

class Planner {
 public:
  explicit Planner(const PlanInput& input) : in_(input), pod_(*input.pod), sandbox_(CurrentSandbox(input.observed)) {
    sandbox_id_ = sandbox_ != nullptr && sandbox_->ready ? sandbox_->id : "";
  }

  PodPlan Make() {
    CheckDeadline();
    if (in_.remove || in_.failure || plan_.failure || in_.state >= PodState::kTerminating) {
      PlanStop();
    } else {
      PlanRun();
    }
    PlanGarbage();
    return std::move(plan_);
  }

 private:
  // Of the current sandbox, when it is ready.
  const Container* Current(const std::string& name) const {
    return sandbox_id_.empty() ? nullptr : LatestAttempt(in_.observed, name, sandbox_id_);
  }
  static bool Runs(const Container* c) { return c != nullptr && c->state == ContainerState::kRunning; }
  static bool Ended(const Container* c) { return c != nullptr && c->state == ContainerState::kExited; }

  void WakeAt(absl::Time time) { plan_.wake = std::min(plan_.wake, time); }

  void CheckDeadline() {
    if (!pod_.spec().has_activedeadlineseconds() || in_.failure) return;
    const absl::Time deadline = in_.start_time + absl::Seconds(pod_.spec().activedeadlineseconds());
    if (in_.now < deadline) return WakeAt(deadline);
    if (in_.state != PodState::kTerminated) {
      plan_.failure = {"DeadlineExceeded", "Pod was active on the node longer than the specified deadline"};
    }
  }

  void PlanStop() {
    const absl::Duration grace = in_.remove_grace.value_or(GracePeriod(pod_));
    bool any_runs = false;
    for (const Container& container : in_.observed.containers) {
      if (container.state != ContainerState::kRunning) continue;
      any_runs = true;
      bool is_init = false;
      const ContainerSpec* spec = FindContainer(pod_, container.name, &is_init);
      const bool sidecar = spec != nullptr && is_init && IsSidecar(*spec);
      if (sidecar && IsNeeded(container.name)) continue;
      Stop(container, sidecar ? std::min(grace, RestOfGrace()) : grace,
           absl::StrCat("Stopping container ", container.name));
    }
    if (!any_runs && sandbox_ != nullptr && sandbox_->ready) plan_.stop_sandbox = sandbox_->id;
    plan_.state = any_runs || !plan_.stop_sandbox.empty() ? PodState::kTerminating : PodState::kTerminated;
  }

  // Sidecars serve the app containers, and the sidecars that started after them, to their end.
  bool IsNeeded(const std::string& sidecar) const {
    for (const ContainerSpec& container : pod_.spec().containers()) {
      if (Runs(Newest(container.name()))) return true;
    }
    bool after = false;
    for (const ContainerSpec& container : pod_.spec().initcontainers()) {
      if (after && IsSidecar(container) && Runs(Newest(container.name()))) return true;
      after = after || container.name() == sidecar;
    }
    return false;
  }

  // What the containers before have left of the time that the pod has as a whole.
  absl::Duration RestOfGrace() const {
    if (!pod_.metadata().has_deletiontimestamp()) return absl::InfiniteDuration();
    return std::max(api::FromProto(pod_.metadata().deletiontimestamp()) - in_.now, kMinimumGrace);
  }

  const Container* Newest(const std::string& name) const { return LatestAttempt(in_.observed, name); }

  void Stop(const Container& container, absl::Duration grace, const std::string& message) {
    const bool again = in_.stopping.count(container.id) > 0;
    plan_.stop.push_back({container.id, container.name, grace, again ? "" : message});
  }

  void PlanRun() {
    if (IsFinished()) return PlanStop();
    if (sandbox_id_.empty()) {
      plan_.create_sandbox = sandbox_ == nullptr ? 0 : sandbox_->attempt + 1;
      plan_.state = PodState::kWaiting;
    }
    if (!PlanInitContainers()) {
      if (plan_.state != PodState::kTerminating)
        plan_.state = sandbox_id_.empty() ? PodState::kWaiting : PodState::kStarting;
      return;
    }
    bool all_started = true;
    for (const ContainerSpec& container : pod_.spec().containers()) {
      PlanContainer(container, /*is_init=*/false);
      all_started = all_started && Current(container.name()) != nullptr;
    }
    plan_.state = sandbox_id_.empty() ? PodState::kWaiting : all_started ? PodState::kRunning : PodState::kStarting;
  }

  // Every app container ended and none is to be started again, or an init container failed for good, or the sandbox of
  // a pod that never restarts was lost.
  bool IsFinished() const {
    if (RestartPolicy(pod_) == "Never" && sandbox_ != nullptr && sandbox_id_.empty() && AnythingRan()) return true;
    for (const ContainerSpec& container : pod_.spec().initcontainers()) {
      const Container* latest = Newest(container.name());
      if (!IsSidecar(container) && Ended(latest) && latest->exit_code != 0 && !AnyAppStarted(latest->sandbox_id) &&
          !RestartsAfter(pod_, container, /*is_init=*/true, *latest)) {
        return true;
      }
    }
    for (const ContainerSpec& container : pod_.spec().containers()) {
      const Container* latest = Newest(container.name());
      if (!Ended(latest) || RestartsAfter(pod_, container, /*is_init=*/false, *latest)) return false;
    }
    return true;
  }

  bool AnythingRan() const {
    for (const Container& container : in_.observed.containers) {
      if (container.state != ContainerState::kCreated) return true;
    }
    return false;
  }

  bool AnyAppStarted(const std::string& sandbox_id) const {
    for (const ContainerSpec& container : pod_.spec().containers()) {
      if (LatestAttempt(in_.observed, container.name(), sandbox_id) != nullptr) return true;
    }
    return false;
  }

  // One after the other; true when the app containers may start.
  bool PlanInitContainers() {
    bool app_started = false;
    for (const ContainerSpec& container : pod_.spec().containers()) app_started |= Current(container.name()) != nullptr;
    for (const ContainerSpec& container : pod_.spec().initcontainers()) {
      const Container* current = Current(container.name());
      if (IsSidecar(container)) {
        PlanContainer(container, /*is_init=*/true);
        if (!app_started && (!Runs(current) || !VerdictOf(*current).started)) return false;
      } else if (!app_started && !(Ended(current) && current->exit_code == 0)) {
        PlanContainer(container, /*is_init=*/true);
        return false;
      }
    }
    return true;
  }

  ProbeVerdict VerdictOf(const Container& container) const {
    const auto found = in_.probes.find(container.id);
    return found == in_.probes.end() ? ProbeVerdict{} : found->second;
  }

  void PlanContainer(const ContainerSpec& spec, bool is_init) {
    const Container* current = Current(spec.name());
    if (Runs(current)) return PlanRunning(spec, *current);
    const Container* latest = Newest(spec.name());
    // What ran in a sandbox that is gone counts as ended there, and is not run again if its success was final.
    if (Ended(latest) && !RestartsAfter(pod_, spec, is_init, *latest) && !(is_init && current == nullptr)) return;
    PlanStart(spec, is_init, latest);
  }

  void PlanRunning(const ContainerSpec& spec, const Container& container) {
    if (in_.stopping.count(container.id) > 0) return;
    const auto hash = container.annotations.find(kHashAnnotation);
    if (hash != container.annotations.end() && hash->second != ContainerHash(spec)) {
      return Stop(container, GracePeriod(pod_),
                  absl::StrCat("Container ", spec.name(), " definition changed, will be restarted"));
    }
    const ProbeVerdict verdict = VerdictOf(container);
    if (!verdict.kill.empty()) Stop(container, verdict.kill_grace.value_or(GracePeriod(pod_)), verdict.kill);
  }

  void PlanStart(const ContainerSpec& spec, bool is_init, const Container* latest) {
    StartAction action = {spec.name(), is_init, 0, absl::ZeroDuration()};
    if (latest != nullptr) {
      action.attempt = latest->state == ContainerState::kCreated ? latest->attempt : latest->attempt + 1;
      const RestartDecision decision = DecideRestart(*latest);
      if (in_.now < decision.not_before && decision.delay > absl::ZeroDuration()) {
        plan_.waiting[spec.name()] = {
            "CrashLoopBackOff", absl::StrCat("back-off ", api::FormatGoDuration(decision.delay),
                                             " restarting failed container=", spec.name(), " pod=", FormatPod(pod_))};
        return WakeAt(decision.not_before);
      }
      action.restart_delay = decision.next_delay;
    }
    const auto problem = in_.problems.find(spec.name());
    if (problem != in_.problems.end()) {
      plan_.waiting[spec.name()] = {problem->second.reason, problem->second.message};
      if (in_.now < problem->second.retry_at) return WakeAt(problem->second.retry_at);
    }
    if (!sandbox_id_.empty()) plan_.start.push_back(action);
  }

  void PlanGarbage() {
    std::map<std::string, int> newer;
    for (auto it = in_.observed.containers.rbegin(); it != in_.observed.containers.rend(); ++it) {
      if (++newer[it->name] > kKeptAttempts && it->state != ContainerState::kRunning) plan_.remove.push_back(it->id);
    }
  }

  const PlanInput& in_;
  const Pod& pod_;
  const Sandbox* const sandbox_;
  std::string sandbox_id_;  // empty unless it is ready
  PodPlan plan_;
};

}  // namespace

PodPlan PlanPod(const PlanInput& input) { return Planner(input).Make(); }

std::string ToString(const PodPlan& plan) {
  std::string text(ToString(plan.state));
  if (plan.failure) absl::StrAppend(&text, " failed=", plan.failure->reason);
  for (const StopAction& stop : plan.stop) {
    absl::StrAppend(&text, " stop(", stop.id, " ", api::FormatGoDuration(stop.grace), ")");
  }
  if (!plan.stop_sandbox.empty()) absl::StrAppend(&text, " stop-sandbox(", plan.stop_sandbox, ")");
  if (plan.create_sandbox) absl::StrAppend(&text, " create-sandbox(", *plan.create_sandbox, ")");
  for (const StartAction& start : plan.start) absl::StrAppend(&text, " start(", start.name, "/", start.attempt, ")");
  for (const std::string& id : plan.remove) absl::StrAppend(&text, " remove(", id, ")");
  for (const auto& [name, waiting] : plan.waiting) absl::StrAppend(&text, " waiting(", name, " ", waiting.reason, ")");
  return text;
}

}  // namespace kubelite::kubelet
