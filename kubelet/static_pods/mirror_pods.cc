#include "kubelet/static_pods/mirror_pods.h"

#include "common/api/errors.h"
#include "common/base/log.h"
#include "kubelet/static_pods/static_pod.h"

namespace kubelite::kubelet {

using k8s::core::v1::Pod;

MirrorAction PlanMirror(const Pod* static_pod, const Pod* in_api) {
  if (in_api == nullptr) return static_pod == nullptr ? MirrorAction::kNone : MirrorAction::kCreate;
  // A pod that only has the same name is not ours to delete.
  if (!IsMirrorPod(*in_api)) return MirrorAction::kNone;
  const bool fits =
      static_pod != nullptr && IsMirrorOf(*in_api, *static_pod) && !in_api->metadata().has_deletiontimestamp();
  return fits ? MirrorAction::kNone : MirrorAction::kDelete;
}

MirrorPods::MirrorPods(Deps deps) : deps_(std::move(deps)) {
  control::WorkQueue::Options options;
  options.name = "mirror_pods";
  options.rate_limit = {absl::Milliseconds(20), absl::Seconds(5)};
  queue_ =
      std::make_unique<control::WorkQueue>(options, deps_.executor, [this](const api::ObjectKey& key) { Sync(key); });
}

MirrorPods::~MirrorPods() { Stop(); }

void MirrorPods::Stop() { queue_->ShutDown(); }

void MirrorPods::Check(const api::ObjectKey& key) {
  {
    base::MutexLock lock(&mutex_);
    if (!enabled_) {
      waiting_.push_back(key);
      return;
    }
  }
  queue_->Add(key);
}

void MirrorPods::Enable() {
  std::vector<api::ObjectKey> keys;
  {
    base::MutexLock lock(&mutex_);
    enabled_ = true;
    keys.swap(waiting_);
  }
  for (const api::ObjectKey& key : keys) queue_->Add(key);
}

void MirrorPods::Sync(const api::ObjectKey& key) {
  const std::shared_ptr<const Pod> static_pod = deps_.static_pod(key);
  const std::shared_ptr<const Pod> in_api = deps_.in_api(key);
  absl::Status status;
  switch (PlanMirror(static_pod.get(), in_api.get())) {
    case MirrorAction::kNone:
      return queue_->Forget(key);
    case MirrorAction::kCreate:
      status = client::Create(*deps_.client, MakeMirrorPod(*static_pod, deps_.node, deps_.node_uid())).status();
      break;
    case MirrorAction::kDelete: {
      client::DeleteOptions options;
      options.grace_period_seconds = 0;
      options.preconditions.uid = in_api->metadata().uid();
      status = client::Delete<Pod>(*deps_.client, key, options);
      break;
    }
  }
  // Already there, gone, or another by now: the cache will tell, and then it is looked at again.
  if (status.ok() || api::IsAlreadyExists(status) || api::IsNotFound(status) || api::IsConflict(status)) {
    return queue_->Forget(key);
  }
  base::LogWarning("Mirror pod not brought up to date, will retry", {{"pod", key.ToString()}, {"err", status}});
  queue_->AddRateLimited(key);
}

}  // namespace kubelite::kubelet
