#include "kubelet/teardown.h"

#include <algorithm>
#include <vector>

#include "common/base/log.h"
#include "common/base/mutex.h"
#include "kubelet/static_pods/static_pod.h"

namespace kubelite::kubelet {
namespace {

// Counts changes that the runtime tells of.
struct Changes {
  base::Mutex mutex;
  base::CondVar changed;
  int count ABSL_GUARDED_BY(mutex) = 0;
};

bool IsStatic(const RuntimePod& pod) {
  if (pod.sandboxes.empty()) return false;
  const auto source = pod.sandboxes.back().annotations.find(kSourceAnnotation);
  return source != pod.sandboxes.back().annotations.end() && source->second == "file";
}

// Pods that are stopped together: first all of the API, then static pods one by one against the order of their
// manifests, because later ones (controllers) need earlier ones (the API server) to end well.
std::vector<std::vector<std::string>> Groups(Runtime* runtime) {
  std::vector<std::string> of_api;
  std::vector<std::pair<std::string, std::string>> of_files;  // name, uid
  for (const auto& [uid, pod] : runtime->ListPods()) {
    if (IsStatic(pod)) {
      of_files.emplace_back(pod.sandboxes.back().name, uid);
    } else {
      of_api.push_back(uid);
    }
  }
  std::sort(of_files.rbegin(), of_files.rend());
  std::vector<std::vector<std::string>> groups = {of_api};
  for (const auto& [name, uid] : of_files) groups.push_back({uid});
  return groups;
}

bool AnyRuns(Runtime* runtime, const std::vector<std::string>& uids) {
  for (const std::string& uid : uids) {
    for (const Container& container : runtime->PodStatus(uid).containers) {
      if (container.state == ContainerState::kRunning) return true;
    }
  }
  return false;
}

absl::Status RemoveGroup(Runtime* runtime, const std::vector<std::string>& uids, absl::Duration grace,
                         Changes* changes) {
  for (const std::string& uid : uids) {
    for (const Container& container : runtime->PodStatus(uid).containers) {
      const absl::Status stopped = runtime->StopContainer(container.id, grace);
      if (!stopped.ok()) base::LogWarning("Container not stopped", {{"container", container.id}, {"err", stopped}});
    }
  }
  // The runtime kills what outlives the grace, so this ends.
  for (int seen = -1; AnyRuns(runtime, uids);) {
    base::MutexLock lock(&changes->mutex);
    if (changes->count == seen && !changes->changed.WaitForNanos(&changes->mutex, absl::ToInt64Nanoseconds(2 * grace)))
      break;
    seen = changes->count;
  }
  absl::Status result;
  for (const std::string& uid : uids) {
    for (const Sandbox& sandbox : runtime->PodStatus(uid).sandboxes)
      result.Update(runtime->RemovePodSandbox(sandbox.id));
  }
  return result;
}

}  // namespace

absl::Status RemoveAllPods(Runtime* runtime, absl::Duration grace) {
  Changes changes;
  runtime->SetListener([&changes](const std::string&) {
    base::MutexLock lock(&changes.mutex);
    ++changes.count;
    changes.changed.SignalAll();
  });
  absl::Status result;
  for (const std::vector<std::string>& uids : Groups(runtime)) {
    result.Update(RemoveGroup(runtime, uids, grace, &changes));
  }
  runtime->SetListener(nullptr);
  return result;
}

}  // namespace kubelite::kubelet
