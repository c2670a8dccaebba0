#include "kubelet/runtime/process_runtime.h"

#include <unistd.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/file.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "kubelet/runtime/process_spec.h"
#include "kubelet/runtime/tcp_stream.h"

namespace kubelite::kubelet {
namespace {

constexpr char kVersion[] = "0.1.0";
constexpr size_t kExecOutputLimit = 10 * 1024;
constexpr int kStartErrorCode = 128;

// Ids are <pod uid>/<sandbox attempt> and <pod uid>/<container name>/<attempt>.
std::string UidOf(absl::string_view id) { return std::string(id.substr(0, id.find('/'))); }
// What the shim calls the container.
std::string ShimId(absl::string_view id) { return std::string(id.substr(id.find('/') + 1)); }

// Names become directories.
bool IsSafeName(absl::string_view name) {
  return !name.empty() && name != "." && name != ".." && !absl::StrContains(name, '/') &&
         !absl::StrContains(name, '\0');
}

absl::Status RemoveLogs(const std::string& path, int max_files) {
  RETURN_IF_ERROR(base::RemoveAll(path));
  for (int i = 1; i < max_files; ++i) RETURN_IF_ERROR(base::RemoveAll(absl::StrCat(path, ".", i)));
  return absl::OkStatus();
}

Image ToImage(const StoredImage& image) { return {image.reference, image.id, image.size}; }

}  // namespace

ProcessRuntime::ProcessRuntime(ProcessRuntimeOptions options, const ImageStore* images, AddressPool* addresses,
                               EventLoop* loop, const base::Clock* clock)
    : options_(std::move(options)), images_(images), addresses_(addresses), loop_(loop), clock_(clock) {}

ProcessRuntime::~ProcessRuntime() {
  std::vector<std::unique_ptr<ShimSubscription>> subscriptions;
  {
    base::MutexLock lock(&mutex_);
    listener_ = nullptr;
    for (auto& [uid, pod] : pods_) subscriptions.push_back(std::move(pod.subscription));
  }
}

RuntimeVersion ProcessRuntime::Version() const { return {"kube-lite", kVersion}; }

void ProcessRuntime::SetListener(std::function<void(const std::string&)> listener) {
  base::MutexLock lock(&mutex_);
  listener_ = std::move(listener);
}

std::string ProcessRuntime::PodDirectory(const std::string& uid) const {
  return absl::StrCat(options_.root_dir, "/pods/", uid);
}

std::string ProcessRuntime::RecordPath(const Container& container, const char* suffix) const {
  return absl::StrCat(PodDirectory(UidOf(container.id)), "/", container.name, "/", container.attempt, suffix);
}

absl::Status ProcessRuntime::StartSandbox(const SandboxRecord& record, const AddressClaim& claim) const {
  const std::string directory = PodDirectory(record.sandbox.uid);
  RETURN_IF_ERROR(base::MakeDirectories(directory, 0750));
  RETURN_IF_ERROR(WriteCheckpoint(absl::StrCat(directory, "/sandbox.json"), FormatSandbox(record)));
  return StartShim(options_.shim, directory, claim.fd());
}

absl::StatusOr<std::string> ProcessRuntime::RunPodSandbox(const SandboxConfig& config) {
  if (!IsSafeName(config.uid)) return absl::InvalidArgumentError(absl::StrCat("pod uid \"", config.uid, "\""));
  bool is_new = false;
  {
    base::MutexLock lock(&mutex_);
    const auto found = pods_.find(config.uid);
    is_new = found == pods_.end();
    if (!is_new && found->second.sandbox.sandbox.ready) {
      return absl::AlreadyExistsError(
          absl::StrCat("pod ", config.uid, " has sandbox ", found->second.sandbox.sandbox.id));
    }
  }
  SandboxRecord record;
  record.hostname = config.hostname;
  record.host_network = config.host_network;
  Sandbox& sandbox = record.sandbox;
  sandbox.id = absl::StrCat(config.uid, "/", config.attempt);
  sandbox.uid = config.uid;
  sandbox.name_space = config.name_space;
  sandbox.name = config.name;
  sandbox.attempt = config.attempt;
  sandbox.created_at = clock_->Now();
  sandbox.annotations = config.annotations;
  AddressClaim claim;
  sandbox.ip = options_.node_ip;
  if (!config.host_network) {
    ASSIGN_OR_RETURN(claim, addresses_->Claim());
    sandbox.ip = claim.address();
  }
  if (const absl::Status started = StartSandbox(record, claim); !started.ok()) {
    // Nothing of a pod that never was; for an older one, perhaps a shim is there after all.
    if (is_new) base::RemoveAll(PodDirectory(config.uid)).IgnoreError();
    MarkLost(config.uid);
    return started;
  }
  const std::string id = sandbox.id;
  {
    base::MutexLock lock(&mutex_);
    pods_[config.uid].sandbox = std::move(record);
  }
  const absl::Status subscribed = Subscribe(config.uid);
  if (!subscribed.ok())
    return absl::UnavailableError(absl::StrCat("the new shim of pod ", config.uid, ": ", subscribed.message()));
  return id;
}

absl::Status ProcessRuntime::StopPodSandbox(const std::string& sandbox_id) {
  const std::string uid = UidOf(sandbox_id);
  {
    base::MutexLock lock(&mutex_);
    const auto found = pods_.find(uid);
    if (found == pods_.end() || found->second.sandbox.sandbox.id != sandbox_id ||
        !found->second.sandbox.sandbox.ready) {
      return absl::OkStatus();
    }
  }
  const absl::Status stopped = Shim(uid).Shutdown();
  // NotFound: the shim is gone already, Aborted: it was killed meanwhile, Unavailable: it is stuck. What it leaves is
  // killed. Anything else is tried again.
  if (!stopped.ok() && !absl::IsNotFound(stopped) && !absl::IsAborted(stopped) && !absl::IsUnavailable(stopped)) {
    return stopped;
  }
  TakeSubscription(uid).reset();
  BuryAll({uid});
  return absl::OkStatus();
}

absl::Status ProcessRuntime::RemovePodSandbox(const std::string& sandbox_id) {
  const std::string uid = UidOf(sandbox_id);
  RETURN_IF_ERROR(StopPodSandbox(sandbox_id));
  {
    base::MutexLock lock(&mutex_);
    const auto found = pods_.find(uid);
    if (found == pods_.end() || found->second.sandbox.sandbox.id != sandbox_id) return absl::OkStatus();
  }
  RETURN_IF_ERROR(base::RemoveAll(PodDirectory(uid)));
  base::MutexLock lock(&mutex_);
  pods_.erase(uid);
  return absl::OkStatus();
}

absl::StatusOr<std::string> ProcessRuntime::CreateContainer(const std::string& sandbox_id,
                                                            const ContainerConfig& config) {
  const std::string uid = UidOf(sandbox_id);
  if (!IsSafeName(config.name)) return absl::InvalidArgumentError(absl::StrCat("container name \"", config.name, "\""));
  ASSIGN_OR_RETURN(const StoredImage image, images_->Find(config.image));
  ContainerEntry entry;
  Container& container = entry.container;
  container.id = absl::StrCat(uid, "/", config.name, "/", config.attempt);
  SandboxRecord sandbox;
  {
    base::MutexLock lock(&mutex_);
    const auto found = pods_.find(uid);
    if (found == pods_.end() || found->second.sandbox.sandbox.id != sandbox_id) {
      return absl::NotFoundError(absl::StrCat("sandbox ", sandbox_id));
    }
    const auto before = found->second.containers.find(container.id);
    if (before != found->second.containers.end() && before->second.container.state != ContainerState::kCreated) {
      return absl::AlreadyExistsError(absl::StrCat("container ", container.id));
    }
    sandbox = found->second.sandbox;
  }
  ASSIGN_OR_RETURN(entry.process, MakeProcess(image.manifest, config, sandbox, PodDirectory(uid), geteuid()));
  entry.stop_signal = config.stop_signal;
  entry.stdin_open = config.stdin_open;
  entry.stdin_once = config.stdin_once;
  entry.tty = config.tty;
  container.sandbox_id = sandbox_id;
  container.name = config.name;
  container.attempt = config.attempt;
  container.created_at = clock_->Now();
  container.image = config.image;
  container.image_id = image.id;
  container.log_path = config.log_path;
  container.annotations = config.annotations;
  RETURN_IF_ERROR(base::MakeDirectories(absl::StrCat(PodDirectory(uid), "/", config.name), 0750));
  RETURN_IF_ERROR(base::MakeDirectories(config.log_path.substr(0, config.log_path.rfind('/'))));
  RETURN_IF_ERROR(WriteCheckpoint(RecordPath(container, ".json"), FormatContainer(entry.container)));
  const std::string id = container.id;
  base::MutexLock lock(&mutex_);
  pods_[uid].containers[id] = std::move(entry);
  return id;
}

absl::Status ProcessRuntime::StartContainer(const std::string& container_id) {
  const std::string uid = UidOf(container_id);
  shim::StartInteractive interactive;
  shim::StartRequest& request = interactive.start;
  Container container;
  {
    base::MutexLock lock(&mutex_);
    const auto pod = pods_.find(uid);
    if (pod == pods_.end() || pod->second.containers.count(container_id) == 0) {
      return absl::NotFoundError(absl::StrCat("container ", container_id));
    }
    ContainerEntry& entry = pod->second.containers[container_id];
    if (!entry.process || entry.container.state != ContainerState::kCreated)
      return absl::FailedPreconditionError(absl::StrCat("container ", container_id, " was started before"));
    container = entry.container;
    request.stop_signal = entry.stop_signal;
    interactive.stdin_open = entry.stdin_open;
    interactive.stdin_once = entry.stdin_once;
    interactive.tty = entry.tty;
    request.process = *entry.process;
  }
  request.id = ShimId(container_id);
  request.log_path = container.log_path;
  request.record_path = RecordPath(container, ".state");
  const absl::StatusOr<shim::ContainerState> state = Shim(uid).Start(interactive);
  // Internal is the shim's refusal.
  if (!state.ok() && !absl::IsInternal(state.status())) {
    MarkLost(uid);
    return absl::UnavailableError(state.status().message());
  }
  if (!state.ok()) {
    container.state = ContainerState::kExited;
    container.exit_code = kStartErrorCode;
    container.reason = "StartError";
    container.message = std::string(state.status().message());
    container.finished_at = clock_->Now();
    WriteCheckpoint(RecordPath(container, ".json"), FormatContainer(container)).IgnoreError();
  }
  base::MutexLock lock(&mutex_);
  ContainerEntry& entry = pods_[uid].containers[container_id];
  entry.process.reset();
  Container& stored = entry.container;
  if (!state.ok()) {
    stored = container;
    return state.status();
  }
  // It may have exited before we heard that it started.
  if (stored.state == ContainerState::kCreated) stored.state = ContainerState::kRunning;
  stored.pid = state->pid;
  stored.started_at = absl::FromUnixNanos(state->started_ns);
  return absl::OkStatus();
}

absl::Status ProcessRuntime::StopContainer(const std::string& container_id, absl::Duration grace) {
  const absl::StatusOr<Container> container = FindContainer(container_id);
  if (!container.ok() || container->state != ContainerState::kRunning) return absl::OkStatus();
  const absl::Status stopped = Shim(UidOf(container_id)).Stop(ShimId(container_id), grace);
  return absl::IsNotFound(stopped) ? absl::OkStatus() : stopped;
}

absl::Status ProcessRuntime::RemoveContainer(const std::string& container_id) {
  const absl::StatusOr<Container> found = FindContainer(container_id);
  if (!found.ok()) return absl::OkStatus();
  const Container& container = *found;
  if (container.state == ContainerState::kRunning) {
    return absl::FailedPreconditionError(absl::StrCat("container ", container_id, " is running"));
  }
  const absl::Status removed = Shim(UidOf(container_id)).Remove(ShimId(container_id));
  if (!removed.ok() && !absl::IsNotFound(removed)) return removed;
  RETURN_IF_ERROR(RemoveLogs(container.log_path, options_.shim.log_max_files));
  RETURN_IF_ERROR(base::RemoveAll(RecordPath(container, ".state")));
  RETURN_IF_ERROR(base::RemoveAll(RecordPath(container, ".json")));
  base::MutexLock lock(&mutex_);
  pods_[UidOf(container_id)].containers.erase(container_id);
  return absl::OkStatus();
}

absl::StatusOr<ExecResult> ProcessRuntime::ExecSync(const std::string& container_id,
                                                    const std::vector<std::string>& command, absl::Duration timeout) {
  RETURN_IF_ERROR(CheckRunning(container_id));
  shim::ExecRequest request;
  request.container = ShimId(container_id);
  request.argv = command;
  request.timeout_ms = timeout == absl::InfiniteDuration() ? 0 : absl::ToInt64Milliseconds(timeout);
  request.output_limit = kExecOutputLimit;
  ASSIGN_OR_RETURN(shim::ExecResult result, Shim(UidOf(container_id)).Exec(request));
  if (result.timed_out)
    return absl::DeadlineExceededError(absl::StrCat("command timed out after ", absl::FormatDuration(timeout)));
  return ExecResult{result.exit_code, std::move(result.output)};
}

absl::Status ProcessRuntime::CheckRunning(const std::string& container_id) const {
  ASSIGN_OR_RETURN(const Container container, FindContainer(container_id));
  if (container.state == ContainerState::kRunning) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("container ", container_id, " is not running"));
}

ShimStreams ProcessRuntime::Streams(const std::string& container_id) const {
  return ShimStreams(PodDirectory(UidOf(container_id)), options_.shim.timeout, loop_);
}

absl::StatusOr<std::unique_ptr<RuntimeStream>> ProcessRuntime::Exec(const std::string& container_id,
                                                                    const std::vector<std::string>& command,
                                                                    const StreamWishes& wishes,
                                                                    RuntimeStream::OnReady on_ready) {
  RETURN_IF_ERROR(CheckRunning(container_id));
  return Streams(container_id).Exec(ShimId(container_id), command, wishes, std::move(on_ready));
}

absl::StatusOr<std::unique_ptr<RuntimeStream>> ProcessRuntime::Attach(const std::string& container_id,
                                                                      const StreamWishes& wishes,
                                                                      RuntimeStream::OnReady on_ready) {
  RETURN_IF_ERROR(CheckRunning(container_id));
  return Streams(container_id).Attach(ShimId(container_id), wishes, std::move(on_ready));
}

absl::StatusOr<std::unique_ptr<RuntimeStream>> ProcessRuntime::PortForward(const std::string& sandbox_id, int port,
                                                                           RuntimeStream::OnReady on_ready) {
  std::string ip;
  {
    base::MutexLock lock(&mutex_);
    const auto found = pods_.find(UidOf(sandbox_id));
    if (found == pods_.end() || found->second.sandbox.sandbox.id != sandbox_id)
      return absl::NotFoundError(absl::StrCat("sandbox ", sandbox_id));
    const Sandbox& sandbox = found->second.sandbox.sandbox;
    if (!sandbox.ready) return absl::FailedPreconditionError(absl::StrCat("sandbox ", sandbox_id, " is not running"));
    ip = sandbox.ip;
  }
  return DialTcp(loop_, ip, port, std::move(on_ready));
}

RuntimePod ProcessRuntime::PodStatus(const std::string& pod_uid) {
  ResolveLost(pod_uid);
  base::MutexLock lock(&mutex_);
  RuntimePod status;
  const auto found = pods_.find(pod_uid);
  if (found == pods_.end()) return status;
  status.stale = found->second.lost || found->second.connecting;
  status.sandboxes.push_back(found->second.sandbox.sandbox);
  for (const auto& [id, entry] : found->second.containers) status.containers.push_back(entry.container);
  SortContainers(&status);
  return status;
}

std::map<std::string, RuntimePod> ProcessRuntime::ListPods() {
  base::MutexLock lock(&mutex_);
  std::map<std::string, RuntimePod> pods;
  for (const auto& [uid, pod] : pods_) {
    RuntimePod& status = pods[uid];
    status.stale = pod.lost || pod.connecting;
    status.sandboxes.push_back(pod.sandbox.sandbox);
    for (const auto& [id, entry] : pod.containers) status.containers.push_back(entry.container);
    SortContainers(&status);
  }
  return pods;
}

absl::StatusOr<Container> ProcessRuntime::FindContainer(const std::string& container_id) const {
  base::MutexLock lock(&mutex_);
  const auto pod = pods_.find(UidOf(container_id));
  if (pod != pods_.end()) {
    const auto container = pod->second.containers.find(container_id);
    if (container != pod->second.containers.end()) return container->second.container;
  }
  return absl::NotFoundError(absl::StrCat("container ", container_id));
}

absl::StatusOr<Image> ProcessRuntime::PullImage(const std::string& reference) { return ImageStatus(reference); }

absl::StatusOr<Image> ProcessRuntime::ImageStatus(const std::string& reference) {
  ASSIGN_OR_RETURN(const StoredImage image, images_->Find(reference));
  return ToImage(image);
}

std::vector<Image> ProcessRuntime::ListImages() {
  std::vector<Image> images;
  for (const StoredImage& image : images_->List()) images.push_back(ToImage(image));
  return images;
}

}  // namespace kubelite::kubelet
