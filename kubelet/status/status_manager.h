#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/base/executor.h"
#include "common/base/mutex.h"
#include "common/client/client.h"
#include "common/control/work_queue.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::kubelet {

// The only writer of pod status. Keeps the newest status of each pod and brings it to the API server: at once, again
// after failures, and again when someone else changed what the kubelet owns. Writes of one pod are never reordered.
// Thread-safe; Set never blocks: writes happen on the executor.
class StatusManager {
 public:
  struct Deps {
    client::Client* client = nullptr;
    base::Executor* executor = nullptr;
    // The pod as the cache has it, or null.
    std::function<std::shared_ptr<const k8s::core::v1::Pod>(const api::ObjectKey&)> cached;
  };
  explicit StatusManager(const Deps& deps);
  ~StatusManager();  // stops

  struct Target {
    api::ObjectKey key;
    std::string uid;  // in the API: of the mirror pod, for a static one
  };
  // `finish`: nothing of the pod runs any more; once the status is written the object is deleted for good.
  void Set(const Target& target, k8s::core::v1::PodStatus status, bool finish);
  // The pod is gone; nothing more is written.
  void Forget(const std::string& uid);
  void Stop();
  bool idle() const { return queue_->idle(); }

 private:
  struct Entry {
    api::ObjectKey key;
    k8s::core::v1::PodStatus status;
    bool finish = false;
    std::shared_ptr<const k8s::core::v1::Pod> written;  // what our last write returned; newer than a lagging cache
  };
  void Sync(const std::string& uid);
  absl::Status Write(const std::string& uid, const Entry& entry);
  absl::StatusOr<std::shared_ptr<const k8s::core::v1::Pod>> Base(const std::string& uid, const Entry& entry,
                                                                 bool fresh);

  const Deps deps_;
  base::Mutex mutex_;
  std::map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);  // by uid
  std::unique_ptr<control::WorkQueue> queue_;                     // keys are uids
};

// `ours` with the conditions and fields of others taken from `theirs`.
k8s::core::v1::PodStatus MergeStatus(const k8s::core::v1::PodStatus& ours, const k8s::core::v1::PodStatus& theirs);

}  // namespace kubelite::kubelet
