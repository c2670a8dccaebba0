#include "kubelet/runtime/fake/fake_runtime.h"

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/image/reference.h"
#include "kubelet/runtime/fake/fake_stream.h"

namespace kubelite::kubelet {
namespace {

std::string UidOf(absl::string_view id) { return std::string(id.substr(0, id.find('/'))); }

}  // namespace

struct FakeRuntime::State : std::enable_shared_from_this<State> {
  struct Entry {
    Container container;
    ContainerConfig config;
    absl::Time kill_at = absl::InfiniteFuture();
    std::vector<std::shared_ptr<FakePeer>> attached;
  };
  struct Pod {
    std::optional<Sandbox> sandbox;
    std::map<std::string, Entry> containers;  // by id
    bool stale = false;
    std::set<int> ports;
  };

  State(base::Executor* e, int n) : executor(e), network(n) {}

  absl::Status Fault(const std::string& call) {
    std::function<absl::Status(const std::string&)> check;
    {
      base::MutexLock lock(&mutex);
      check = fault;
    }
    return check ? check(call) : absl::OkStatus();
  }
  Entry* Find(const std::string& id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    const auto pod = pods.find(UidOf(id));
    if (pod == pods.end()) return nullptr;
    const auto entry = pod->second.containers.find(id);
    return entry == pod->second.containers.end() ? nullptr : &entry->second;
  }
  absl::StatusOr<Entry*> FindRunning(const std::string& id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    Entry* entry = Find(id);
    if (entry == nullptr) return absl::NotFoundError(absl::StrCat("container ", id));
    if (entry->container.state == ContainerState::kRunning) return entry;
    return absl::FailedPreconditionError(absl::StrCat("container ", id, " is not running"));
  }
  void Finish(Container* container, int exit_code, const std::string& reason) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    if (container->state != ContainerState::kRunning) return;
    container->state = ContainerState::kExited;
    container->exit_code = exit_code;
    container->reason = reason;
    container->finished_at = executor->clock().Now();
    for (const std::shared_ptr<FakePeer>& peer : Find(container->id)->attached) peer->End(0);
    Find(container->id)->attached.clear();
    Notify(UidOf(container->id));
  }
  void End(Container* container, int exit_code) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    Finish(container, exit_code, exit_code == 0 ? "Completed" : "Error");
  }
  void Notify(const std::string& uid) {
    executor->Post([self = shared_from_this(), uid] {
      std::function<void(const std::string&)> call;
      {
        base::MutexLock lock(&self->mutex);
        call = self->listener;
      }
      if (call) call(uid);
    });
  }
  // Ends the container after `delay`, unless it has ended or its end was brought forward.
  void EndAfter(const std::string& id, absl::Duration delay, int exit_code, bool is_kill) {
    executor->PostAfter(delay, [weak = weak_from_this(), id, exit_code, is_kill] {
      const std::shared_ptr<State> self = weak.lock();
      if (self == nullptr) return;
      base::MutexLock lock(&self->mutex);
      Entry* entry = self->Find(id);
      if (entry == nullptr || (is_kill && self->executor->clock().Now() < entry->kill_at)) return;
      self->End(&entry->container, exit_code);
    });
  }

  base::Executor* const executor;
  const int network;
  base::Mutex mutex;
  std::function<void(const std::string&)> listener ABSL_GUARDED_BY(mutex);
  std::function<absl::Status(const std::string&)> fault ABSL_GUARDED_BY(mutex);
  std::function<absl::StatusOr<ExecResult>(const std::string&, const std::vector<std::string>&)> exec
      ABSL_GUARDED_BY(mutex);
  std::map<std::string, FakeBehaviour> images ABSL_GUARDED_BY(mutex) = {{"host:latest", {}}};
  std::map<std::string, Pod> pods ABSL_GUARDED_BY(mutex);
  // Each open stream has a copy.
  const std::shared_ptr<char> stream_token = std::make_shared<char>();
  int next_address ABSL_GUARDED_BY(mutex) = 1;
};

FakeRuntime::FakeRuntime(base::Executor* executor, int network) : state_(std::make_shared<State>(executor, network)) {}

FakeRuntime::~FakeRuntime() { SetListener(nullptr); }

void FakeRuntime::AddImage(const std::string& reference, const FakeBehaviour& behaviour) {
  base::MutexLock lock(&state_->mutex);
  state_->images[image::ParseReference(reference)->ToString()] = behaviour;
}

void FakeRuntime::RemoveImage(const std::string& reference) {
  base::MutexLock lock(&state_->mutex);
  state_->images.erase(image::ParseReference(reference)->ToString());
}

void FakeRuntime::Exit(const std::string& container_id, int exit_code) {
  base::MutexLock lock(&state_->mutex);
  if (State::Entry* entry = state_->Find(container_id)) state_->End(&entry->container, exit_code);
}

void FakeRuntime::LoseSandbox(const std::string& pod_uid) {
  base::MutexLock lock(&state_->mutex);
  const auto pod = state_->pods.find(pod_uid);
  if (pod == state_->pods.end() || !pod->second.sandbox) return;
  pod->second.sandbox->ready = false;
  for (auto& [id, entry] : pod->second.containers) state_->Finish(&entry.container, 137, "ContainerStatusUnknown");
  state_->Notify(pod_uid);
}

void FakeRuntime::SetExec(
    std::function<absl::StatusOr<ExecResult>(const std::string&, const std::vector<std::string>&)> exec) {
  base::MutexLock lock(&state_->mutex);
  state_->exec = std::move(exec);
}

void FakeRuntime::SetStale(const std::string& pod_uid, bool stale) {
  base::MutexLock lock(&state_->mutex);
  const auto pod = state_->pods.find(pod_uid);
  if (pod != state_->pods.end()) pod->second.stale = stale;
}

void FakeRuntime::SetFault(std::function<absl::Status(const std::string&)> fault) {
  base::MutexLock lock(&state_->mutex);
  state_->fault = std::move(fault);
}

std::optional<ContainerConfig> FakeRuntime::Config(const std::string& container_id) const {
  base::MutexLock lock(&state_->mutex);
  State::Entry* entry = state_->Find(container_id);
  if (entry == nullptr) return std::nullopt;
  return entry->config;
}

void FakeRuntime::SetListener(std::function<void(const std::string&)> listener) {
  base::MutexLock lock(&state_->mutex);
  state_->listener = std::move(listener);
}

absl::StatusOr<std::string> FakeRuntime::RunPodSandbox(const SandboxConfig& config) {
  RETURN_IF_ERROR(state_->Fault("RunPodSandbox"));
  base::MutexLock lock(&state_->mutex);
  State::Pod& pod = state_->pods[config.uid];
  if (pod.sandbox && pod.sandbox->ready) {
    return absl::AlreadyExistsError(absl::StrCat("pod ", config.uid, " has sandbox ", pod.sandbox->id));
  }
  Sandbox sandbox;
  sandbox.id = absl::StrCat(config.uid, "/", config.attempt);
  sandbox.uid = config.uid;
  sandbox.name_space = config.name_space;
  sandbox.name = config.name;
  sandbox.attempt = config.attempt;
  sandbox.created_at = state_->executor->clock().Now();
  sandbox.ready = true;
  const int address = state_->next_address++;
  sandbox.ip = config.host_network
                   ? "127.0.0.1"
                   : absl::StrCat("10.", 64 + state_->network % 128, ".", address / 250 % 250, ".", address % 250 + 1);
  sandbox.annotations = config.annotations;
  pod.sandbox = sandbox;
  return sandbox.id;
}

absl::Status FakeRuntime::StopPodSandbox(const std::string& sandbox_id) {
  RETURN_IF_ERROR(state_->Fault("StopPodSandbox"));
  base::MutexLock lock(&state_->mutex);
  const auto pod = state_->pods.find(UidOf(sandbox_id));
  if (pod == state_->pods.end() || !pod->second.sandbox || pod->second.sandbox->id != sandbox_id)
    return absl::OkStatus();
  pod->second.sandbox->ready = false;
  for (auto& [id, entry] : pod->second.containers) state_->End(&entry.container, 137);
  return absl::OkStatus();
}

absl::Status FakeRuntime::RemovePodSandbox(const std::string& sandbox_id) {
  RETURN_IF_ERROR(StopPodSandbox(sandbox_id));
  RETURN_IF_ERROR(state_->Fault("RemovePodSandbox"));
  base::MutexLock lock(&state_->mutex);
  const auto pod = state_->pods.find(UidOf(sandbox_id));
  if (pod != state_->pods.end() && pod->second.sandbox && pod->second.sandbox->id == sandbox_id)
    state_->pods.erase(pod);
  return absl::OkStatus();
}

absl::StatusOr<std::string> FakeRuntime::CreateContainer(const std::string& sandbox_id, const ContainerConfig& config) {
  RETURN_IF_ERROR(state_->Fault("CreateContainer"));
  ASSIGN_OR_RETURN(const Image image, ImageStatus(config.image));
  const std::string uid = UidOf(sandbox_id);
  base::MutexLock lock(&state_->mutex);
  const auto pod = state_->pods.find(uid);
  if (pod == state_->pods.end() || !pod->second.sandbox || pod->second.sandbox->id != sandbox_id) {
    return absl::NotFoundError(absl::StrCat("sandbox ", sandbox_id));
  }
  const std::string id = absl::StrCat(uid, "/", config.name, "/", config.attempt);
  State::Entry& entry = pod->second.containers[id];
  if (entry.container.state != ContainerState::kCreated) {
    return absl::AlreadyExistsError(absl::StrCat("container ", id));
  }
  entry.config = config;
  Container& container = entry.container;
  container.id = id;
  container.sandbox_id = sandbox_id;
  container.name = config.name;
  container.attempt = config.attempt;
  container.created_at = state_->executor->clock().Now();
  container.image = config.image;
  container.image_id = image.id;
  container.log_path = config.log_path;
  container.annotations = config.annotations;
  return id;
}

absl::Status FakeRuntime::StartContainer(const std::string& container_id) {
  RETURN_IF_ERROR(state_->Fault("StartContainer"));
  base::MutexLock lock(&state_->mutex);
  State::Entry* entry = state_->Find(container_id);
  if (entry == nullptr) return absl::NotFoundError(absl::StrCat("container ", container_id));
  Container& container = entry->container;
  if (container.state != ContainerState::kCreated) {
    return absl::FailedPreconditionError(absl::StrCat("container ", container_id, " was started before"));
  }
  const FakeBehaviour& behaviour = state_->images[image::ParseReference(container.image)->ToString()];
  container.started_at = state_->executor->clock().Now();
  container.state = ContainerState::kRunning;
  if (!behaviour.start_error.empty()) {
    container.started_at = absl::InfinitePast();
    state_->Finish(&container, 128, "StartError");
    container.message = behaviour.start_error;
    return absl::InternalError(behaviour.start_error);
  }
  if (behaviour.run_for) state_->EndAfter(container_id, *behaviour.run_for, behaviour.exit_code, /*is_kill=*/false);
  return absl::OkStatus();
}

absl::Status FakeRuntime::StopContainer(const std::string& container_id, absl::Duration grace) {
  RETURN_IF_ERROR(state_->Fault("StopContainer"));
  base::MutexLock lock(&state_->mutex);
  State::Entry* entry = state_->Find(container_id);
  if (entry == nullptr || entry->container.state != ContainerState::kRunning) return absl::OkStatus();
  const FakeBehaviour& behaviour = state_->images[image::ParseReference(entry->container.image)->ToString()];
  if (!behaviour.ignores_stop_signal && grace > absl::ZeroDuration()) {
    state_->End(&entry->container, behaviour.stop_exit_code);
    return absl::OkStatus();
  }
  const absl::Time kill_at = state_->executor->clock().Now() + grace;
  if (kill_at >= entry->kill_at) return absl::OkStatus();
  entry->kill_at = kill_at;
  state_->EndAfter(container_id, grace, 137, /*is_kill=*/true);
  return absl::OkStatus();
}

absl::Status FakeRuntime::RemoveContainer(const std::string& container_id) {
  RETURN_IF_ERROR(state_->Fault("RemoveContainer"));
  base::MutexLock lock(&state_->mutex);
  State::Entry* entry = state_->Find(container_id);
  if (entry == nullptr) return absl::OkStatus();
  if (entry->container.state == ContainerState::kRunning) {
    return absl::FailedPreconditionError(absl::StrCat("container ", container_id, " is running"));
  }
  state_->pods[UidOf(container_id)].containers.erase(container_id);
  return absl::OkStatus();
}

absl::StatusOr<ExecResult> FakeRuntime::ExecSync(const std::string& container_id,
                                                 const std::vector<std::string>& command, absl::Duration) {
  std::function<absl::StatusOr<ExecResult>(const std::string&, const std::vector<std::string>&)> exec;
  std::string name;
  {
    base::MutexLock lock(&state_->mutex);
    ASSIGN_OR_RETURN(State::Entry * entry, state_->FindRunning(container_id));
    exec = state_->exec;
    name = entry->container.name;
  }
  return exec ? exec(name, command) : ExecResult{};
}

namespace {

// Counts an open stream for as long as it lives.
class CountedStream : public RuntimeStream {
 public:
  CountedStream(std::unique_ptr<RuntimeStream> stream, std::shared_ptr<char> token)
      : stream_(std::move(stream)), token_(std::move(token)) {}
  absl::StatusOr<std::string> Read(int channel, size_t max) override { return stream_->Read(channel, max); }
  absl::StatusOr<size_t> Write(absl::string_view data) override { return stream_->Write(data); }
  void CloseInput() override { stream_->CloseInput(); }
  void Resize(int width, int height) override { stream_->Resize(width, height); }
  std::optional<absl::StatusOr<int>> Result() override { return stream_->Result(); }

 private:
  const std::unique_ptr<RuntimeStream> stream_;
  const std::shared_ptr<char> token_;
};

}  // namespace

int FakeRuntime::open_streams() const { return static_cast<int>(state_->stream_token.use_count()) - 1; }

void FakeRuntime::ListenOn(const std::string& pod_uid, int port) {
  base::MutexLock lock(&state_->mutex);
  state_->pods[pod_uid].ports.insert(port);
}

void FakeRuntime::Print(const std::string& container_id, int channel, const std::string& text) {
  base::MutexLock lock(&state_->mutex);
  State::Entry* entry = state_->Find(container_id);
  if (entry == nullptr) return;
  for (const std::shared_ptr<FakePeer>& peer : entry->attached) peer->Print(channel, text);
}

absl::StatusOr<std::unique_ptr<RuntimeStream>> FakeRuntime::Exec(const std::string& container_id,
                                                                 const std::vector<std::string>& command,
                                                                 const StreamWishes&, RuntimeStream::OnReady on_ready) {
  RETURN_IF_ERROR(state_->Fault("Exec"));
  {
    base::MutexLock lock(&state_->mutex);
    RETURN_IF_ERROR(state_->FindRunning(container_id).status());
  }
  ASSIGN_OR_RETURN(const std::shared_ptr<FakePeer> peer, RunFakeCommand(state_->executor, command));
  return std::make_unique<CountedStream>(peer->Open(std::move(on_ready)), state_->stream_token);
}

absl::StatusOr<std::unique_ptr<RuntimeStream>> FakeRuntime::Attach(const std::string& container_id,
                                                                   const StreamWishes& wishes,
                                                                   RuntimeStream::OnReady on_ready) {
  base::MutexLock lock(&state_->mutex);
  ASSIGN_OR_RETURN(State::Entry * entry, state_->FindRunning(container_id));
  const bool takes_input = wishes.in && entry->config.stdin_open;
  const FakeBehaviour& behaviour = state_->images[image::ParseReference(entry->container.image)->ToString()];
  auto peer = std::make_shared<FakePeer>(
      state_->executor, FakePeer::Behaviour{.echoes = takes_input && behaviour.echoes_input, .outlives_input = true});
  std::function<void()> on_input_end;
  if (takes_input && entry->config.stdin_once && behaviour.echoes_input) {
    on_input_end = [weak = state_->weak_from_this(), container_id] {
      const std::shared_ptr<State> self = weak.lock();
      if (self == nullptr) return;
      base::MutexLock lock(&self->mutex);
      if (State::Entry* found = self->Find(container_id)) self->End(&found->container, 0);
    };
  }
  entry->attached.push_back(peer);
  return std::make_unique<CountedStream>(peer->Open(std::move(on_ready), std::move(on_input_end)),
                                         state_->stream_token);
}

absl::StatusOr<std::unique_ptr<RuntimeStream>> FakeRuntime::PortForward(const std::string& sandbox_id, int port,
                                                                        RuntimeStream::OnReady on_ready) {
  base::MutexLock lock(&state_->mutex);
  const auto pod = state_->pods.find(UidOf(sandbox_id));
  if (pod == state_->pods.end() || !pod->second.sandbox || pod->second.sandbox->id != sandbox_id)
    return absl::NotFoundError(absl::StrCat("sandbox ", sandbox_id));
  if (!pod->second.sandbox->ready)
    return absl::FailedPreconditionError(absl::StrCat("sandbox ", sandbox_id, " is not running"));
  auto peer = std::make_shared<FakePeer>(state_->executor, FakePeer::Behaviour{.echoes = true});
  if (pod->second.ports.count(port) == 0) {
    peer->End(absl::UnavailableError(
        absl::StrCat("dial tcp4 ", pod->second.sandbox->ip, ":", port, ": connect: connection refused")));
  }
  return std::make_unique<CountedStream>(peer->Open(std::move(on_ready)), state_->stream_token);
}

RuntimePod FakeRuntime::PodStatus(const std::string& pod_uid) {
  base::MutexLock lock(&state_->mutex);
  RuntimePod status;
  const auto pod = state_->pods.find(pod_uid);
  if (pod == state_->pods.end()) return status;
  status.stale = pod->second.stale;
  if (pod->second.sandbox) status.sandboxes.push_back(*pod->second.sandbox);
  for (const auto& [id, entry] : pod->second.containers) status.containers.push_back(entry.container);
  SortContainers(&status);
  return status;
}

std::map<std::string, RuntimePod> FakeRuntime::ListPods() {
  std::vector<std::string> uids;
  {
    base::MutexLock lock(&state_->mutex);
    for (const auto& [uid, pod] : state_->pods) uids.push_back(uid);
  }
  std::map<std::string, RuntimePod> pods;
  for (const std::string& uid : uids) pods[uid] = PodStatus(uid);
  return pods;
}

absl::StatusOr<Image> FakeRuntime::PullImage(const std::string& reference) { return ImageStatus(reference); }

absl::StatusOr<Image> FakeRuntime::ImageStatus(const std::string& reference) {
  ASSIGN_OR_RETURN(const image::Reference parsed, image::ParseReference(reference));
  const std::string name = parsed.ToString();
  base::MutexLock lock(&state_->mutex);
  if (state_->images.count(name) == 0) return absl::NotFoundError(absl::StrCat("image \"", name, "\" is unknown"));
  return Image{name, absl::StrCat("sha256:fake-", name), 1};
}

std::vector<Image> FakeRuntime::ListImages() {
  base::MutexLock lock(&state_->mutex);
  std::vector<Image> images;
  for (const auto& [name, behaviour] : state_->images) images.push_back({name, absl::StrCat("sha256:fake-", name), 1});
  return images;
}

}  // namespace kubelite::kubelet
