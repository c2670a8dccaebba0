// The part of ProcessRuntime that follows shims: finding them after a restart, their events, and their death.

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/errno_status.h"
#include "common/base/file.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "kubelet/runtime/leftovers.h"
#include "kubelet/runtime/process_runtime.h"
#include "kubelet/shim/record.h"

namespace kubelite::kubelet {
namespace {

constexpr int kUnknownExitCode = 137;
constexpr int kMaxConnects = 20;

absl::StatusOr<std::vector<std::string>> Entries(const std::string& directory) {
  DIR* dir = opendir(directory.c_str());
  if (dir == nullptr) return base::ErrnoStatus(errno, absl::StrCat("reading ", directory));
  std::vector<std::string> names;
  while (const struct dirent* entry = readdir(dir)) {
    if (entry->d_name[0] != '.') names.push_back(entry->d_name);
  }
  closedir(dir);
  return names;
}

bool IsDirectory(const std::string& path) {
  struct stat info = {};
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// An error only when the file is there but cannot be read.
absl::StatusOr<std::optional<std::string>> ReadIfPresent(const std::string& path) {
  absl::StatusOr<std::string> text = base::ReadFile(path);
  if (text.ok()) return *std::move(text);
  if (absl::IsNotFound(text.status())) return std::nullopt;
  return text.status();
}

// States only move forward: created, running, exited.
void Apply(const shim::ContainerState& state, Container* container) {
  if (container->state == ContainerState::kExited) return;
  container->pid = state.pid;
  container->started_at = absl::FromUnixNanos(state.started_ns);
  container->state = ContainerState::kRunning;
  if (state.running) return;
  container->state = ContainerState::kExited;
  container->finished_at = absl::FromUnixNanos(state.finished_ns);
  container->exit_code = state.exit_code;
  container->reason = state.exit_code == 0 ? "Completed" : "Error";
}

void SetUnknown(absl::Time now, Container* container) {
  container->state = ContainerState::kExited;
  container->exit_code = kUnknownExitCode;
  container->reason = "ContainerStatusUnknown";
  container->message = "The container could not be located: its supervisor was killed";
  container->finished_at = now;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ProcessRuntime>> ProcessRuntime::Create(ProcessRuntimeOptions options,
                                                                       const ImageStore* images, AddressPool* addresses,
                                                                       EventLoop* loop, const base::Clock* clock) {
  RETURN_IF_ERROR(base::MakeDirectories(absl::StrCat(options.root_dir, "/pods"), 0750));
  // Processes of a pod are told by its directory, so that has one name however the root is written.
  char root[PATH_MAX];
  if (realpath(options.root_dir.c_str(), root) == nullptr) return base::ErrnoStatus(errno, options.root_dir);
  options.root_dir = root;
  std::unique_ptr<ProcessRuntime> runtime(new ProcessRuntime(std::move(options), images, addresses, loop, clock));
  RETURN_IF_ERROR(runtime->Recover());
  return runtime;
}

absl::Status ProcessRuntime::Recover() {
  ASSIGN_OR_RETURN(const std::vector<std::string> uids, Entries(absl::StrCat(options_.root_dir, "/pods")));
  std::set<std::string> dead;
  for (const std::string& uid : uids) {
    if (!IsDirectory(PodDirectory(uid))) continue;
    RETURN_IF_ERROR(RecoverPod(uid));
    // One that does not answer now is asked again by PodStatus.
    if (absl::IsNotFound(Subscribe(uid))) dead.insert(uid);
  }
  BuryAll(dead);
  return absl::OkStatus();
}

absl::Status ProcessRuntime::RecoverPod(const std::string& uid) {
  // Whether a pod is there is known before anything is done about it: what cannot be read now may be a running pod's.
  ASSIGN_OR_RETURN(const std::optional<std::string> text,
                   ReadIfPresent(absl::StrCat(PodDirectory(uid), "/sandbox.json")));
  absl::StatusOr<SandboxRecord> record = ParseSandbox(text.value_or(""));
  if (!record.ok() || record->sandbox.uid != uid) {
    base::LogWarning("Unreadable pod sandbox removed", {{"directory", PodDirectory(uid)}, {"err", record.status()}});
    KillLeftovers({PodDirectory(uid)});
    return base::RemoveAll(PodDirectory(uid));
  }
  PodEntry entry;
  entry.sandbox = *std::move(record);
  RETURN_IF_ERROR(RecoverContainers(uid, &entry));
  base::MutexLock lock(&mutex_);
  pods_[uid] = std::move(entry);
  return absl::OkStatus();
}

absl::Status ProcessRuntime::RecoverContainers(const std::string& uid, PodEntry* entry) const {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, Entries(PodDirectory(uid)));
  for (const std::string& name : names) {
    const std::string directory = absl::StrCat(PodDirectory(uid), "/", name);
    if (!IsDirectory(directory)) continue;
    ASSIGN_OR_RETURN(const std::vector<std::string> files, Entries(directory));
    for (const std::string& file : files) {
      if (!absl::EndsWith(file, ".json")) continue;
      const std::string path = absl::StrCat(directory, "/", file);
      ASSIGN_OR_RETURN(const std::string text, base::ReadFile(path));
      absl::StatusOr<Container> container = ParseContainer(text);
      if (!container.ok()) {
        base::LogWarning("Unreadable container checkpoint removed", {{"file", path}, {"err", container.status()}});
        RETURN_IF_ERROR(base::RemoveAll(path));
        continue;
      }
      shim::ContainerState state;
      ASSIGN_OR_RETURN(const std::optional<std::string> saved, ReadIfPresent(RecordPath(*container, ".state")));
      if (saved && shim::ParseRecord(*saved, &state)) Apply(state, &*container);
      const std::string id = container->id;
      entry->containers[id].container = *std::move(container);
    }
  }
  return absl::OkStatus();
}

absl::Status ProcessRuntime::Subscribe(const std::string& uid) {
  std::unique_ptr<ShimSubscription> before;  // destroyed without the lock, because it waits for its callbacks
  {
    base::MutexLock lock(&mutex_);
    const auto pod = pods_.find(uid);
    if (pod == pods_.end()) return absl::OkStatus();
    if (pod->second.connecting) return absl::UnavailableError("the shim is being connected to");
    pod->second.connecting = true;
    // Before there is a connection that may be lost.
    pod->second.lost = false;
    before = std::move(pod->second.subscription);
  }
  before.reset();
  std::vector<shim::ContainerState> states;
  std::vector<std::string> strangers;
  ShimSubscription::Callbacks callbacks;
  callbacks.on_exit = [this, uid](const shim::ContainerState& state) { OnExit(uid, state); };
  callbacks.on_lost = [this, uid] { OnLost(uid); };
  absl::StatusOr<std::unique_ptr<ShimSubscription>> subscription = absl::AbortedError("");
  // While a shim dies its socket may still take a connection, and then close it; the next one finds nobody.
  for (int attempt = 0; attempt < kMaxConnects && absl::IsAborted(subscription.status()); ++attempt) {
    subscription = ShimSubscription::Open(PodDirectory(uid), options_.shim.timeout, loop_, callbacks, &states);
  }
  {
    base::MutexLock lock(&mutex_);
    const auto pod = pods_.find(uid);
    if (pod == pods_.end()) return absl::OkStatus();
    pod->second.connecting = false;
    if (!subscription.ok()) {
      pod->second.lost = true;
      // Nothing is known yet of one that was just read from its file.
      pod->second.sandbox.sandbox.ready |= !absl::IsNotFound(subscription.status());
      return subscription.status();
    }
    pod->second.subscription = *std::move(subscription);
    TakeOver(uid, states, &pod->second, &strangers);
  }
  for (const std::string& id : strangers) {
    base::LogWarning("Container that nobody knows is killed", {{"uid", uid}, {"container", id}});
    Shim(uid).Stop(id, absl::ZeroDuration()).IgnoreError();
  }
  return absl::OkStatus();
}

void ProcessRuntime::TakeOver(const std::string& uid, const std::vector<shim::ContainerState>& states, PodEntry* pod,
                              std::vector<std::string>* strangers) {
  pod->sandbox.sandbox.ready = true;
  for (const shim::ContainerState& state : states) {
    const auto found = pod->containers.find(absl::StrCat(uid, "/", state.id));
    if (found != pod->containers.end()) {
      Apply(state, &found->second.container);
    } else if (state.running) {
      strangers->push_back(state.id);
    }
  }
}

void ProcessRuntime::BuryAll(const std::set<std::string>& uids) {
  if (uids.empty()) return;
  std::set<std::string> directories;
  for (const std::string& uid : uids) directories.insert(PodDirectory(uid));
  KillLeftovers(directories);
  std::vector<std::pair<std::string, Container>> running;  // uid
  {
    base::MutexLock lock(&mutex_);
    for (const std::string& uid : uids) {
      const auto pod = pods_.find(uid);
      if (pod == pods_.end()) continue;
      pod->second.sandbox.sandbox.ready = false;
      pod->second.lost = false;
      for (const auto& [id, entry] : pod->second.containers) {
        if (entry.container.state == ContainerState::kRunning) running.emplace_back(uid, entry.container);
      }
    }
  }
  for (auto& [uid, container] : running) {
    shim::ContainerState state;
    const absl::StatusOr<std::string> saved = base::ReadFile(RecordPath(container, ".state"));
    if (saved.ok() && shim::ParseRecord(*saved, &state)) Apply(state, &container);
    if (container.state == ContainerState::kRunning) {
      SetUnknown(clock_->Now(), &container);
      WriteCheckpoint(RecordPath(container, ".json"), FormatContainer(container)).IgnoreError();
    }
  }
  base::MutexLock lock(&mutex_);
  for (const auto& [uid, container] : running) {
    const auto pod = pods_.find(uid);
    if (pod != pods_.end()) pod->second.containers[container.id].container = container;
  }
}

void ProcessRuntime::MarkLost(const std::string& uid) {
  base::MutexLock lock(&mutex_);
  if (const auto pod = pods_.find(uid); pod != pods_.end()) pod->second.lost = true;
}

void ProcessRuntime::ResolveLost(const std::string& uid) {
  {
    base::MutexLock lock(&mutex_);
    const auto found = pods_.find(uid);
    if (found == pods_.end() || !found->second.lost || found->second.connecting) return;
  }
  // Perhaps only the connection broke.
  const absl::Status status = Subscribe(uid);
  if (!status.ok() && !absl::IsNotFound(status)) {
    base::LogWarning("Shim does not answer", {{"uid", uid}, {"err", status}});
    return;
  }
  if (!status.ok()) BuryAll({uid});
  // Another reader may have seen the pod as it was meanwhile.
  Notify(uid);
}

std::unique_ptr<ShimSubscription> ProcessRuntime::TakeSubscription(const std::string& uid) {
  base::MutexLock lock(&mutex_);
  const auto found = pods_.find(uid);
  return found == pods_.end() ? nullptr : std::move(found->second.subscription);
}

void ProcessRuntime::OnExit(const std::string& uid, const shim::ContainerState& state) {
  {
    base::MutexLock lock(&mutex_);
    const auto pod = pods_.find(uid);
    if (pod == pods_.end()) return;
    const auto container = pod->second.containers.find(absl::StrCat(uid, "/", state.id));
    if (container == pod->second.containers.end()) return;
    Apply(state, &container->second.container);
  }
  Notify(uid);
}

void ProcessRuntime::OnLost(const std::string& uid) {
  MarkLost(uid);
  Notify(uid);
}

void ProcessRuntime::Notify(const std::string& uid) {
  std::function<void(const std::string&)> listener;
  {
    base::MutexLock lock(&mutex_);
    listener = listener_;
  }
  if (listener) listener(uid);
}

}  // namespace kubelite::kubelet
