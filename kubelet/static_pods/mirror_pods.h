#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/base/executor.h"
#include "common/base/mutex.h"
#include "common/client/client.h"
#include "common/control/work_queue.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::kubelet {

// What to do about the API object of a static pod. Pure.
enum class MirrorAction { kNone, kCreate, kDelete };
MirrorAction PlanMirror(const k8s::core::v1::Pod* static_pod, const k8s::core::v1::Pod* in_api);

// Keeps one mirror pod in the API per static pod, and none without. Deleted or outdated ones are made again.
// Thread-safe; works on the executor.
class MirrorPods {
 public:
  struct Deps {
    client::Client* client = nullptr;
    base::Executor* executor = nullptr;
    std::string node;
    std::function<std::string()> node_uid;  // empty until the node is registered
    // By namespace and name; null when there is none.
    std::function<std::shared_ptr<const k8s::core::v1::Pod>(const api::ObjectKey&)> static_pod;
    std::function<std::shared_ptr<const k8s::core::v1::Pod>(const api::ObjectKey&)> in_api;
  };
  explicit MirrorPods(Deps deps);
  ~MirrorPods();  // stops

  // To be called when the static pod or its object changed, and once both sources are known. Calls before `Enable` wait
  // for it.
  void Check(const api::ObjectKey& key);
  // The API is known: the cache is synced and the node is registered.
  void Enable();
  void Stop();

 private:
  void Sync(const api::ObjectKey& key);

  const Deps deps_;
  base::Mutex mutex_;
  bool enabled_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<api::ObjectKey> waiting_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<control::WorkQueue> queue_;
};

}  // namespace kubelite::kubelet
