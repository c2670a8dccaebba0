#include "kubelet/worker/pod_worker.h"

#include "absl/strings/str_cat.h"
#include "common/api/time.h"
#include "common/base/file.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/control/pods.h"
#include "kubelet/pod/pod_status.h"
#include "kubelet/pod/spec.h"
#include "kubelet/volume/volumes.h"

namespace kubelite::kubelet {

using k8s::core::v1::Pod;
using k8s::core::v1::PodStatus;
using Event = client::EventRecorder::Type;

namespace {

constexpr char kSourceAnnotation[] = "kubernetes.io/config.source";
// Enough for a pod with many init containers that end at once; the rest is done by the next task.
constexpr int kMaxSteps = 16;
constexpr absl::Duration kFirstMountDelay = absl::Milliseconds(500);
constexpr absl::Duration kMaxMountDelay = absl::Minutes(2);

bool IsEnding(const DesiredPod& desired) { return desired.removed || desired.pod->metadata().has_deletiontimestamp(); }

}  // namespace

PodWorker::PodWorker(Deps deps) : deps_(std::move(deps)), starter_(deps_.starter) {
  control::WorkQueue::Options options;
  options.name = "pods";
  options.workers = deps_.workers;
  options.rate_limit = {absl::Milliseconds(100), absl::Seconds(60)};
  queue_ = std::make_shared<control::WorkQueue>(options, deps_.executor,
                                                [this](const api::ObjectKey& key) { Work(key.name); });
  ProbeManager::Deps probe_deps = {deps_.executor, deps_.runtime, deps_.prober, deps_.events};
  probes_ = std::make_unique<ProbeManager>(probe_deps, [queue = queue_](const std::string& uid) {
    queue->Add({"", uid});
  });
  // Exits come from the runtime's own thread, perhaps while this worker is being destroyed.
  deps_.runtime->SetListener([queue = queue_](const std::string& uid) { queue->Add({"", uid}); });
}

PodWorker::~PodWorker() { Stop(); }

void PodWorker::Wake(const std::string& uid) { queue_->Add({"", uid}); }

void PodWorker::Stop() {
  deps_.runtime->SetListener(nullptr);
  queue_->ShutDown();
}

void PodWorker::Work(const std::string& uid) {
  const absl::Status status = Reconcile(uid);
  if (status.ok()) return queue_->Forget({"", uid});
  base::LogWarning("Pod not synced, will retry", {{"uid", uid}, {"err", status}});
  queue_->AddRateLimited({"", uid});
}

std::shared_ptr<PodWorker::Memory> PodWorker::MemoryOf(const DesiredPod& desired) {
  const std::string& uid = desired.pod->metadata().uid();
  std::shared_ptr<Memory> memory;
  {
    base::MutexLock lock(&mutex_);
    std::shared_ptr<Memory>& entry = memories_[uid];
    if (entry == nullptr) entry = std::make_shared<Memory>();
    memory = entry;
  }
  if (memory->start_time) return memory;
  const std::shared_ptr<const Pod> in_api = deps_.in_api(desired);
  if (in_api != nullptr) memory->last = in_api->status();
  memory->start_time =
      memory->last.has_starttime() ? api::FromProto(memory->last.starttime()) : deps_.executor->clock().Now();
  const std::string& phase = memory->last.phase();
  if (phase == "Failed" || phase == "Succeeded") memory->state = PodState::kTerminated;
  return memory;
}

absl::Status PodWorker::Reconcile(const std::string& uid) {
  const std::optional<DesiredPod> desired = deps_.table->Find(uid);
  if (!desired) return absl::OkStatus();
  // Another pod of this name must be gone first; forgetting it wakes this one.
  if (!IsEnding(*desired) && deps_.table->NameIsTaken(uid)) return absl::OkStatus();
  const std::shared_ptr<Memory> memory = MemoryOf(*desired);
  if (!VolumesReady(*desired, memory.get())) {
    Report(*desired, {PodPlan(), deps_.runtime->PodStatus(uid), {}}, memory.get());
    queue_->AddAfter({"", uid}, memory->mount_delay);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const Outcome outcome, PlanAndAct(*desired, memory.get()));
  if (desired->removed && memory->state == PodState::kTerminated) return CleanUp(*desired, outcome.observed);
  TellBackOff(*desired, outcome, memory.get());
  Report(*desired, outcome, memory.get());
  if (outcome.plan.wake < absl::InfiniteFuture()) {
    queue_->AddAfter({"", uid}, std::max(outcome.plan.wake - deps_.executor->clock().Now(), absl::Milliseconds(1)));
  }
  return absl::OkStatus();
}

bool PodWorker::VolumesReady(const DesiredPod& desired, Memory* memory) {
  if (IsEnding(desired) || memory->state != PodState::kWaiting || desired.pod->spec().volumes().empty()) return true;
  const absl::Status status = SetUpVolumes(*desired.pod);
  if (status.ok()) return true;
  deps_.events->Event(*desired.pod, Event::kWarning, "FailedMount", std::string(status.message()));
  memory->mount_delay = std::clamp(2 * memory->mount_delay, kFirstMountDelay, kMaxMountDelay);
  return false;
}

absl::StatusOr<PodWorker::Outcome> PodWorker::PlanAndAct(const DesiredPod& desired, Memory* memory) {
  const Pod& pod = *desired.pod;
  for (int step = 0;; ++step) {
    PlanInput input;
    input.pod = &pod;
    input.observed = deps_.runtime->PodStatus(pod.metadata().uid());
    input.remove = IsEnding(desired);
    input.remove_grace = desired.grace;
    input.failure = memory->failure;
    input.problems = memory->problems;
    input.stopping = memory->stopping;
    input.state = memory->state;
    input.start_time = *memory->start_time;
    input.now = deps_.executor->clock().Now();
    // Acting on what may have changed could start a container twice.
    if (input.observed.stale) return absl::UnavailableError("the runtime does not answer for the pod");
    const bool ending = input.remove || input.failure || input.state >= PodState::kTerminating;
    input.probes = probes_->Update({desired.pod, input.observed, ending});
    const PodPlan plan = PlanPod(input);
    if (!IsLegalTransition(memory->state, plan.state)) {
      return absl::InternalError(absl::StrCat("pod ", PodName(pod), " cannot go from ", ToString(memory->state), " to ",
                                              ToString(plan.state)));
    }
    memory->state = plan.state;
    if (plan.failure) {
      memory->failure = plan.failure;
      deps_.events->Event(pod, Event::kNormal, plan.failure->reason, plan.failure->message);
    }
    ASSIGN_OR_RETURN(const bool again, Act(desired, plan, input.observed, memory));
    if (!again || step == kMaxSteps) {
      if (again) queue_->Add({"", pod.metadata().uid()});
      return Outcome{plan, deps_.runtime->PodStatus(pod.metadata().uid()), std::move(input.probes)};
    }
  }
}

absl::StatusOr<bool> PodWorker::Act(const DesiredPod& desired, const PodPlan& plan, const RuntimePod& observed,
                                    Memory* memory) {
  const Pod& pod = *desired.pod;
  for (const StopAction& stop : plan.stop) {
    bool is_init = false;
    FindContainer(pod, stop.name, &is_init);
    if (!stop.message.empty()) {
      deps_.events->EventOn(pod, FieldPath(stop.name, is_init), Event::kNormal, "Killing", stop.message);
    }
    RETURN_IF_ERROR(deps_.runtime->StopContainer(stop.id, stop.grace));
    memory->stopping.insert(stop.id);
  }
  if (!plan.stop_sandbox.empty()) RETURN_IF_ERROR(deps_.runtime->StopPodSandbox(plan.stop_sandbox));
  if (plan.create_sandbox) RETURN_IF_ERROR(CreateSandbox(desired, *plan.create_sandbox));
  bool started = false;
  for (const StartAction& start : plan.start) {
    std::optional<StartProblem> problem = starter_.Start(desired, start, *CurrentSandbox(observed));
    // A container that came to be, even if only to fail, changes what is to be done.
    started = started || !problem || problem->retry_at == absl::InfinitePast();
    memory->problems.erase(start.name);
    if (problem) memory->problems[start.name] = *std::move(problem);
  }
  for (const std::string& id : plan.remove) {
    RETURN_IF_ERROR(deps_.runtime->RemoveContainer(id));
    memory->stopping.erase(id);
  }
  // Also after a start that was put off: the plan then tells what it waits for.
  return started || !plan.start.empty() || plan.create_sandbox || !plan.stop_sandbox.empty();
}

absl::Status PodWorker::CreateSandbox(const DesiredPod& desired, int attempt) {
  const Pod& pod = *desired.pod;
  if (attempt > 0) {
    deps_.events->Event(pod, Event::kNormal, "SandboxChanged",
                        "Pod sandbox changed, it will be killed and re-created.");
  }
  SandboxConfig config;
  config.uid = pod.metadata().uid();
  config.name_space = pod.metadata().namespace_();
  config.name = pod.metadata().name();
  config.attempt = attempt;
  config.hostname = Hostname(pod);
  config.host_network = pod.spec().hostnetwork();
  config.annotations[kSourceAnnotation] = desired.source == PodSource::kFile ? "file" : "api";
  const absl::StatusOr<std::string> id = deps_.runtime->RunPodSandbox(config);
  if (id.ok() || absl::IsAlreadyExists(id.status())) return absl::OkStatus();
  deps_.events->Event(pod, Event::kWarning, "FailedCreatePodSandBox",
                      absl::StrCat("Failed to create pod sandbox: ", id.status().message()));
  return base::Annotate(id.status(), absl::StrCat("creating the sandbox of pod ", PodName(pod)));
}

void PodWorker::TellBackOff(const DesiredPod& desired, const Outcome& outcome, Memory* memory) {
  for (const auto& [name, waiting] : outcome.plan.waiting) {
    const Container* latest = LatestAttempt(outcome.observed, name);
    if (waiting.reason != "CrashLoopBackOff" || latest == nullptr || memory->told_back_off[name] == latest->id)
      continue;
    memory->told_back_off[name] = latest->id;
    bool is_init = false;
    FindContainer(*desired.pod, name, &is_init);
    deps_.events->EventOn(
        *desired.pod, FieldPath(name, is_init), Event::kWarning, "BackOff",
        absl::StrCat("Back-off restarting failed container ", name, " in pod ", FormatPod(*desired.pod)));
  }
}

void PodWorker::Report(const DesiredPod& desired, const Outcome& outcome, Memory* memory) {
  // An object that is gone needs no status, and orphans have none.
  if (desired.removed) return;
  const std::shared_ptr<const Pod> in_api = deps_.in_api(desired);
  // A static pod may be older than this kubelet, which runs it before it can see the API.
  if (in_api != nullptr && in_api->status().has_starttime()) {
    memory->start_time = std::min(*memory->start_time, api::FromProto(in_api->status().starttime()));
  }
  StatusInput input;
  input.pod = desired.pod.get();
  input.observed = outcome.observed;
  input.probes = outcome.probes;
  input.waiting = outcome.plan.waiting;
  input.failure = memory->failure;
  input.terminated = memory->state == PodState::kTerminated;
  input.previous = in_api == nullptr ? memory->last : MergeStatus(memory->last, in_api->status());
  input.host_ip = deps_.starter.node_ip;
  input.start_time = *memory->start_time;
  input.now = deps_.executor->clock().Now();
  memory->last = ComputePodStatus(input);
  if (in_api == nullptr) return;
  const bool finish = input.terminated && desired.source == PodSource::kApi && IsEnding(desired);
  deps_.status->Set({api::KeyOf(*in_api), in_api->metadata().uid()}, memory->last, finish);
}

absl::Status PodWorker::CleanUp(const DesiredPod& desired, const RuntimePod& observed) {
  const std::string& uid = desired.pod->metadata().uid();
  for (const Sandbox& sandbox : observed.sandboxes) RETURN_IF_ERROR(deps_.runtime->RemovePodSandbox(sandbox.id));
  RETURN_IF_ERROR(base::RemoveAll(starter_.PodLogDirectory(*desired.pod)));
  probes_->Forget(uid);
  starter_.Forget(uid);
  deps_.status->Forget(uid);
  {
    base::MutexLock lock(&mutex_);
    memories_.erase(uid);
  }
  for (const std::string& waiting : deps_.table->Forget(uid)) Wake(waiting);
  if (deps_.forgotten) deps_.forgotten(uid);
  return absl::OkStatus();
}

}  // namespace kubelite::kubelet
