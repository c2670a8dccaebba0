#include "kubelet/probe/probe_manager.h"

#include <deque>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/mutex.h"
#include "kubelet/pod/spec.h"
#include "kubelet/probe/probe_counter.h"
#include "kubelet/probe/probe_target.h"

namespace kubelite::kubelet {

using ContainerSpec = k8s::core::v1::Container;
using k8s::core::v1::Pod;
using k8s::core::v1::Probe;

namespace {

enum class ProbeType { kStartup, kLiveness, kReadiness };

constexpr absl::Duration kFirstRetry = absl::Milliseconds(10);

const char* Name(ProbeType type) {
  return type == ProbeType::kStartup ? "Startup" : type == ProbeType::kLiveness ? "Liveness" : "Readiness";
}

const Probe* FindProbe(const ContainerSpec& spec, ProbeType type) {
  if (type == ProbeType::kStartup) return spec.has_startupprobe() ? &spec.startupprobe() : nullptr;
  if (type == ProbeType::kLiveness) return spec.has_livenessprobe() ? &spec.livenessprobe() : nullptr;
  return spec.has_readinessprobe() ? &spec.readinessprobe() : nullptr;
}

ProbeResult InitialResult(ProbeType type) {
  return type == ProbeType::kStartup    ? ProbeResult::kUnknown
         : type == ProbeType::kLiveness ? ProbeResult::kSuccess
                                        : ProbeResult::kFailure;
}

struct Key {
  std::string container_id;
  ProbeType type;
  auto operator<=>(const Key&) const = default;
};

// What the pod's status, perhaps written by an earlier kubelet, says of this very container.
void ApplyHistory(const Pod& pod, const Container& container, ProbeType type, ProbeResult* result) {
  const auto look = [&](const auto& statuses) {
    for (const auto& status : statuses) {
      if (status.name() != container.name || !status.state().has_running()) continue;
      if (status.containerid() != absl::StrCat("kube-lite://", container.id)) continue;
      if (type == ProbeType::kReadiness && status.ready()) *result = ProbeResult::kSuccess;
      if (type == ProbeType::kStartup && status.started()) *result = ProbeResult::kSuccess;
    }
  };
  look(pod.status().containerstatuses());
  look(pod.status().initcontainerstatuses());
}

}  // namespace

struct ProbeManager::State : std::enable_shared_from_this<State> {
  State(const Deps& d, std::function<void(const std::string&)> c) : deps(d), changed(std::move(c)) {}

  const Deps deps;
  const std::function<void(const std::string&)> changed;
  base::Mutex mutex;
  base::CondVar told;
  bool closed ABSL_GUARDED_BY(mutex) = false;
  int telling ABSL_GUARDED_BY(mutex) = 0;                            // workers that use `deps` or `changed` now
  int commands ABSL_GUARDED_BY(mutex) = 0;                           // exec probes that run now
  std::deque<std::weak_ptr<Worker>> waiting ABSL_GUARDED_BY(mutex);  // exec probes whose turn comes
  std::map<std::string, std::map<Key, std::shared_ptr<Worker>>> pods ABSL_GUARDED_BY(mutex);  // by uid
};

// One probe of one container. Its mutable members are guarded by the manager's mutex.
class ProbeManager::Worker : public std::enable_shared_from_this<Worker> {
 public:
  struct Subject {
    std::shared_ptr<const Pod> pod;
    const ContainerSpec* spec;
    bool is_init;
    const Container* container;
    std::string pod_ip;
  };
  Worker(std::shared_ptr<State> state, const Subject& subject, ProbeType type)
      : state_(std::move(state)),
        pod_(subject.pod),
        spec_(*subject.spec),
        field_path_(FieldPath(spec_.name(), subject.is_init)),
        container_id_(subject.container->id),
        started_at_(subject.container->started_at),
        type_(type),
        target_(MakeProbeTarget(*FindProbe(spec_, type), spec_, subject.pod_ip)),
        settings_(ReadProbeSettings(*FindProbe(spec_, type))),
        counter_(Initial(*pod_, *subject.container, type), settings_) {}

  void Start() {
    const absl::Time now = state_->deps.executor->clock().Now();
    Schedule(std::max(absl::ZeroDuration(), started_at_ + settings_.initial_delay - now));
  }
  void Stop() { stopped_ = true; }
  // Liveness and readiness wait for the startup probe.
  void SetGated(bool gated) {
    const bool opened = gated_ && !gated;
    gated_ = gated;
    if (opened) Start();
  }
  ProbeResult result() const { return counter_.result(); }
  std::optional<absl::Duration> grace() const {
    const Probe& probe = *FindProbe(spec_, type_);
    if (!probe.has_terminationgraceperiodseconds()) return std::nullopt;
    return absl::Seconds(probe.terminationgraceperiodseconds());
  }

 private:
  static ProbeResult Initial(const Pod& pod, const Container& container, ProbeType type) {
    ProbeResult result = InitialResult(type);
    ApplyHistory(pod, container, type, &result);
    return result;
  }

  void Schedule(absl::Duration delay) {
    const uint64_t turn = ++turn_;
    state_->deps.executor->PostAfter(delay, [weak = weak_from_this(), turn] {
      if (const auto self = weak.lock()) self->Run(turn);
    });
  }

  void Run(uint64_t turn) {
    {
      base::MutexLock lock(&state_->mutex);
      if (stopped_ || state_->closed || turn != turn_) return;
      if (gated_) return;
    }
    const auto done = [weak = weak_from_this(), executor = state_->deps.executor](ProbeOutcome outcome) {
      executor->Post([weak, outcome = std::move(outcome)] {
        if (const auto self = weak.lock()) self->OnOutcome(outcome);
      });
    };
    if (!target_.ok()) return done({ProbeOutcome::Kind::kError, std::string(target_.status().message())});
    if (const auto* http = std::get_if<HttpProbe>(&*target_)) {
      state_->deps.prober->HttpGet(*http, settings_.timeout, done);
    } else if (const auto* tcp = std::get_if<TcpProbe>(&*target_)) {
      state_->deps.prober->TcpConnect(tcp->host, tcp->port, settings_.timeout, done);
    } else if (BeginCommand()) {
      RunCommands();
    }
  }

  // False when too many run; then one of them calls RunCommands.
  bool BeginCommand() {
    base::MutexLock lock(&state_->mutex);
    if (state_->commands == kMaxCommands) {
      state_->waiting.push_back(weak_from_this());
      return false;
    }
    ++state_->commands;
    return true;
  }

  void RunCommands() {
    const ProbeOutcome outcome = RunCommand(std::get<ExecProbe>(*target_).command);
    if (const std::shared_ptr<Worker> next = EndCommand()) {
      state_->deps.executor->Post([next] { next->RunCommands(); });
    }
    OnOutcome(outcome);
  }

  // Whose turn is next, if anybody waits.
  std::shared_ptr<Worker> EndCommand() {
    base::MutexLock lock(&state_->mutex);
    while (!state_->closed && !state_->waiting.empty()) {
      std::shared_ptr<Worker> next = state_->waiting.front().lock();
      state_->waiting.pop_front();
      if (next != nullptr && !next->stopped_) return next;
    }
    --state_->commands;
    return nullptr;
  }

  ProbeOutcome RunCommand(const std::vector<std::string>& command) {
    const absl::StatusOr<ExecResult> result = state_->deps.runtime->ExecSync(container_id_, command, settings_.timeout);
    if (result.ok()) {
      return {result->exit_code == 0 ? ProbeOutcome::Kind::kSuccess : ProbeOutcome::Kind::kFailure, result->output};
    }
    const bool ran = absl::IsDeadlineExceeded(result.status());
    return {ran ? ProbeOutcome::Kind::kFailure : ProbeOutcome::Kind::kError, std::string(result.status().message())};
  }

  void OnOutcome(const ProbeOutcome& outcome) {
    const bool success = outcome.kind == ProbeOutcome::Kind::kSuccess;
    bool changed = false;
    {
      base::MutexLock lock(&state_->mutex);
      if (stopped_ || state_->closed) return;
      if (IsTooEarly(outcome)) {
        early_retry_ = early_retry_ == absl::ZeroDuration() ? kFirstRetry : 2 * early_retry_;
        return Schedule(early_retry_);
      }
      if (outcome.kind != ProbeOutcome::Kind::kError) changed = counter_.Record(success);
      // A failed liveness or startup probe means a restart, a succeeded startup probe is done: a new container, a new
      // worker.
      const bool over = (type_ != ProbeType::kReadiness && counter_.result() == ProbeResult::kFailure) ||
                        (type_ == ProbeType::kStartup && counter_.result() == ProbeResult::kSuccess);
      if (!over) Schedule(settings_.period);
      ++state_->telling;
    }
    if (!success) Tell(outcome);
    if (changed) state_->changed(pod_->metadata().uid());
    base::MutexLock lock(&state_->mutex);
    if (--state_->telling == 0) state_->told.SignalAll();
  }

  bool IsTooEarly(const ProbeOutcome& outcome) const {
    const absl::Time now = state_->deps.executor->clock().Now();
    return outcome.kind == ProbeOutcome::Kind::kRefused && type_ != ProbeType::kLiveness &&
           counter_.result() != ProbeResult::kSuccess && settings_.initial_delay == absl::ZeroDuration() &&
           now < started_at_ + settings_.period;
  }

  void Tell(const ProbeOutcome& outcome) {
    const std::string text =
        outcome.kind == ProbeOutcome::Kind::kError
            ? absl::StrCat(Name(type_), " probe errored and resulted in unknown state: ", outcome.output)
            : absl::StrCat(Name(type_), " probe failed: ", outcome.output);
    state_->deps.events->EventOn(*pod_, field_path_, client::EventRecorder::Type::kWarning, "Unhealthy", text);
  }

  const std::shared_ptr<State> state_;
  const std::shared_ptr<const Pod> pod_;
  const ContainerSpec spec_;
  const std::string field_path_;
  const std::string container_id_;
  const absl::Time started_at_;
  const ProbeType type_;
  const absl::StatusOr<ProbeTarget> target_;
  const ProbeSettings settings_;
  ProbeCounter counter_;
  bool stopped_ = false;
  bool gated_ = false;
  uint64_t turn_ = 0;  // only the latest scheduled run is run
  absl::Duration early_retry_;
};

ProbeManager::ProbeManager(const Deps& deps, std::function<void(const std::string&)> changed)
    : state_(std::make_shared<State>(deps, std::move(changed))) {}

ProbeManager::~ProbeManager() {
  base::MutexLock lock(&state_->mutex);
  state_->closed = true;
  state_->pods.clear();
  while (state_->telling > 0) state_->told.Wait(&state_->mutex);
}

std::map<std::string, ProbeVerdict> ProbeManager::Update(const Subject& subject) {
  std::map<std::string, ProbeVerdict> verdicts;
  const Pod& pod = *subject.pod;
  const Sandbox* sandbox = CurrentSandbox(subject.observed);
  base::MutexLock lock(&state_->mutex);
  std::map<Key, std::shared_ptr<Worker>>& workers = state_->pods[pod.metadata().uid()];
  std::set<Key> wanted;
  for (const Container& container : subject.observed.containers) {
    bool is_init = false;
    const ContainerSpec* spec = FindContainer(pod, container.name, &is_init);
    if (spec == nullptr || container.state != ContainerState::kRunning || sandbox == nullptr) continue;
    if (is_init && !IsSidecar(*spec)) continue;
    ProbeVerdict verdict;
    for (ProbeType type : {ProbeType::kStartup, ProbeType::kLiveness, ProbeType::kReadiness}) {
      const Probe* probe = FindProbe(*spec, type);
      if (probe == nullptr || (subject.terminating && type != ProbeType::kReadiness)) continue;
      const Key key{container.id, type};
      wanted.insert(key);
      std::shared_ptr<Worker>& worker = workers[key];
      const bool is_new = worker == nullptr;
      if (is_new) {
        worker = std::make_shared<Worker>(state_, Worker::Subject{subject.pod, spec, is_init, &container, sandbox->ip},
                                          type);
      }
      if (type != ProbeType::kStartup) worker->SetGated(!verdict.started);
      if (is_new) worker->Start();
      const bool failed = worker->result() == ProbeResult::kFailure;
      if (type == ProbeType::kReadiness) {
        verdict.ready = worker->result() == ProbeResult::kSuccess;
      } else if (failed) {
        verdict.kill = absl::StrCat("Container ", container.name, " failed ",
                                    type == ProbeType::kStartup ? "startup" : "liveness", " probe, will be restarted");
        verdict.kill_grace = worker->grace();
      }
      if (type == ProbeType::kStartup) verdict.started = worker->result() == ProbeResult::kSuccess;
    }
    verdicts[container.id] = verdict;
  }
  for (auto it = workers.begin(); it != workers.end();) {
    if (wanted.count(it->first) > 0) {
      ++it;
      continue;
    }
    it->second->Stop();
    it = workers.erase(it);
  }
  if (workers.empty()) state_->pods.erase(pod.metadata().uid());
  return verdicts;
}

void ProbeManager::Forget(const std::string& pod_uid) {
  base::MutexLock lock(&state_->mutex);
  const auto found = state_->pods.find(pod_uid);
  if (found == state_->pods.end()) return;
  for (const auto& [key, worker] : found->second) worker->Stop();
  state_->pods.erase(found);
}

}  // namespace kubelite::kubelet
