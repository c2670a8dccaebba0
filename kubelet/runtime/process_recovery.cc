// The part of ProcessRuntime that follows shims: finding them after a restart, their events, and their death.

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

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

std::vector<std::string> Entries(const std::string& directory) {
  std::vector<std::string> names;
  DIR* dir = opendir(directory.c_str());
  if (dir == nullptr) return names;
  while (const struct dirent* entry = readdir(dir)) {
    if (entry->d_name[0] != '.') names.push_back(entry->d_name);
  }
  closedir(dir);
  return names;
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
  runtime->Recover();
  return runtime;
}

void ProcessRuntime::Recover() {
  for (const std::string& uid : Entries(absl::StrCat(options_.root_dir, "/pods"))) RecoverPod(uid);
}

void ProcessRuntime::RecoverPod(const std::string& uid) {
  const absl::StatusOr<std::string> text = base::ReadFile(absl::StrCat(PodDirectory(uid), "/sandbox.json"));
  absl::StatusOr<SandboxRecord> record = text.ok() ? ParseSandbox(*text) : absl::StatusOr<SandboxRecord>(text.status());
  if (!record.ok() || record->sandbox.uid != uid) {
    base::LogWarning("Unreadable pod sandbox removed", {{"directory", PodDirectory(uid)}, {"err", record.status()}});
    ShimClient(PodDirectory(uid)).Shutdown().IgnoreError();
    KillLeftovers(PodDirectory(uid));
    base::RemoveAll(PodDirectory(uid)).IgnoreError();
    return;
  }
  PodEntry entry;
  entry.sandbox = *std::move(record);
  RecoverContainers(uid, &entry);
  {
    base::MutexLock lock(&mutex_);
    pods_[uid] = std::move(entry);
  }
  if (!Subscribe(uid)) MarkDead(uid);
}

void ProcessRuntime::RecoverContainers(const std::string& uid, PodEntry* entry) const {
  for (const std::string& name : Entries(PodDirectory(uid))) {
    const std::string directory = absl::StrCat(PodDirectory(uid), "/", name);
    for (const std::string& file : Entries(directory)) {
      if (!absl::EndsWith(file, ".json")) continue;
      const std::string path = absl::StrCat(directory, "/", file);
      const absl::StatusOr<std::string> text = base::ReadFile(path);
      absl::StatusOr<Container> container =
          text.ok() ? ParseContainer(*text) : absl::StatusOr<Container>(text.status());
      shim::ContainerState state;
      if (container.ok()) {
        const absl::StatusOr<std::string> saved = base::ReadFile(RecordPath(*container, ".state"));
        if (saved.ok() && shim::ParseRecord(*saved, &state)) Apply(state, &*container);
      }
      // One that was made but not started yet: its process is no longer known, so it is made again.
      if (!container.ok() || container->state == ContainerState::kCreated) {
        base::RemoveAll(path).IgnoreError();
        continue;
      }
      const std::string id = container->id;
      entry->containers[id].container = *std::move(container);
    }
  }
}

bool ProcessRuntime::Subscribe(const std::string& uid) {
  std::vector<shim::ContainerState> states;
  ShimSubscription::Callbacks callbacks;
  callbacks.on_exit = [this, uid](const shim::ContainerState& state) { OnExit(uid, state); };
  callbacks.on_lost = [this, uid] { OnLost(uid); };
  absl::StatusOr<std::unique_ptr<ShimSubscription>> subscription =
      ShimSubscription::Open(PodDirectory(uid), loop_, std::move(callbacks), &states);
  if (!subscription.ok()) return false;
  base::MutexLock lock(&mutex_);
  PodEntry& pod = pods_[uid];
  pod.subscription = *std::move(subscription);
  pod.sandbox.sandbox.ready = true;
  pod.lost = false;
  for (const shim::ContainerState& state : states) {
    const auto found = pod.containers.find(absl::StrCat(uid, "/", state.id));
    if (found != pod.containers.end()) Apply(state, &found->second.container);
  }
  return true;
}

void ProcessRuntime::MarkDead(const std::string& uid) {
  KillLeftovers(PodDirectory(uid));
  std::vector<Container> running;
  {
    base::MutexLock lock(&mutex_);
    PodEntry& pod = pods_[uid];
    pod.sandbox.sandbox.ready = false;
    pod.lost = false;
    for (const auto& [id, entry] : pod.containers) {
      if (entry.container.state == ContainerState::kRunning) running.push_back(entry.container);
    }
  }
  for (Container& container : running) {
    shim::ContainerState state;
    const absl::StatusOr<std::string> saved = base::ReadFile(RecordPath(container, ".state"));
    if (saved.ok() && shim::ParseRecord(*saved, &state)) Apply(state, &container);
    if (container.state == ContainerState::kRunning) {
      SetUnknown(clock_->Now(), &container);
      WriteCheckpoint(RecordPath(container, ".json"), FormatContainer(container)).IgnoreError();
    }
  }
  base::MutexLock lock(&mutex_);
  for (const Container& container : running) pods_[uid].containers[container.id].container = container;
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
  {
    base::MutexLock lock(&mutex_);
    const auto pod = pods_.find(uid);
    if (pod == pods_.end()) return;
    pod->second.lost = true;
  }
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
