#include "kubelet/teardown.h"

#include "common/base/log.h"
#include "common/base/mutex.h"

namespace kubelite::kubelet {
namespace {

// Counts changes that the runtime tells of.
struct Changes {
  base::Mutex mutex;
  base::CondVar changed;
  int count ABSL_GUARDED_BY(mutex) = 0;
};

bool AnyRuns(const std::map<std::string, RuntimePod>& pods) {
  for (const auto& [uid, pod] : pods) {
    for (const Container& container : pod.containers) {
      if (container.state == ContainerState::kRunning) return true;
    }
  }
  return false;
}

}  // namespace

absl::Status RemoveAllPods(Runtime* runtime, absl::Duration grace) {
  Changes changes;
  runtime->SetListener([&changes](const std::string&) {
    base::MutexLock lock(&changes.mutex);
    ++changes.count;
    changes.changed.SignalAll();
  });
  for (const auto& [uid, pod] : runtime->ListPods()) {
    for (const Container& container : pod.containers) {
      const absl::Status stopped = runtime->StopContainer(container.id, grace);
      if (!stopped.ok()) base::LogWarning("Container not stopped", {{"container", container.id}, {"err", stopped}});
    }
  }
  // The runtime kills what outlives the grace, so this ends.
  for (int seen = -1; AnyRuns(runtime->ListPods());) {
    base::MutexLock lock(&changes.mutex);
    if (changes.count == seen && !changes.changed.WaitForNanos(&changes.mutex, absl::ToInt64Nanoseconds(2 * grace)))
      break;
    seen = changes.count;
  }
  runtime->SetListener(nullptr);
  absl::Status result;
  for (const auto& [uid, pod] : runtime->ListPods()) {
    for (const Sandbox& sandbox : pod.sandboxes) result.Update(runtime->RemovePodSandbox(sandbox.id));
  }
  return result;
}

}  // namespace kubelite::kubelet
