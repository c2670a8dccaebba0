#include <map>

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"
#include "common/control/pods.h"
#include "controllers/nodelifecycle/controller.h"
#include "controllers/nodelifecycle/eviction.h"

namespace kubelite::controllers {
namespace {

using api::ObjectKey;
using api::ObjectPtr;
using client::EventRecorder;
using k8s::core::v1::Node;
using k8s::core::v1::Pod;

constexpr char kNodeIndex[] = "spec.nodeName";

class EvictionReconciler : public control::Reconciler {
 public:
  explicit EvictionReconciler(const control::Deps& deps)
      : deps_(deps), pods_(deps.informers->For<Pod>()), nodes_(deps.informers->For<Node>()) {
    pods_->AddIndex(kNodeIndex, [](const api::Object& object) -> std::vector<std::string> {
      return {static_cast<const Pod&>(object).spec().nodename()};
    });
  }

  absl::StatusOr<control::Result> Reconcile(const ObjectKey& key) override {
    const ObjectPtr object = pods_->Get(key);
    const auto pod = object == nullptr ? nullptr : api::As<Pod>(object);
    const bool stays = pod == nullptr || api::IsBeingDeleted(*pod) || control::IsPodTerminal(*pod);
    const ObjectPtr node_object = stays ? nullptr : nodes_->Get({"", pod->spec().nodename()});
    if (node_object == nullptr || !HasEvictingTaint(*api::As<Node>(node_object))) {
      if (Unmark(key) && !stays) {
        deps_.events->Event(*pod, EventRecorder::Type::kNormal, "TaintManagerEviction",
                            absl::StrCat("Cancelling deletion of Pod ", key.ToString()));
      }
      return control::Result{};
    }
    const absl::Time now = deps_.clock().Now();
    const absl::Time when = EvictionTime(*pod, *api::As<Node>(node_object), Mark(key, now));
    if (when == absl::InfiniteFuture()) {
      Unmark(key);
      return control::Result{};
    }
    if (when > now) return control::Result{when - now};
    RETURN_IF_ERROR(Evict(*pod));
    return control::Result{};
  }

 private:
  // Since when the pod has been waiting for its eviction.
  absl::Time Mark(const ObjectKey& key, absl::Time now) {
    base::MutexLock lock(&mutex_);
    return marked_.try_emplace(key, now).first->second;
  }
  bool Unmark(const ObjectKey& key) {
    base::MutexLock lock(&mutex_);
    return marked_.erase(key) > 0;
  }

  absl::Status Evict(const Pod& pod) {
    const ObjectKey key = api::KeyOf(pod);
    deps_.events->Event(pod, EventRecorder::Type::kNormal, "TaintManagerEviction",
                        absl::StrCat("Marking for deletion Pod ", key.ToString()));
    Pod target = pod;
    if (control::SetPodCondition(target.mutable_status(), "DisruptionTarget", "True", "DeletionByTaintManager",
                                 "Taint manager: deleting due to NoExecute taint", deps_.clock().Now())) {
      const absl::Status written = client::Update(*deps_.client, target, "status").status();
      if (!written.ok() && !api::IsNotFound(written)) return written;
    }
    client::DeleteOptions options;
    options.preconditions.uid = pod.metadata().uid();
    const absl::Status deleted = client::Delete<Pod>(*deps_.client, key, options);
    if (!deleted.ok() && !api::IsNotFound(deleted)) return deleted;
    Unmark(key);
    return absl::OkStatus();
  }

  const control::Deps deps_;
  client::Informer* const pods_;
  client::Informer* const nodes_;
  base::Mutex mutex_;
  std::map<ObjectKey, absl::Time> marked_ ABSL_GUARDED_BY(mutex_);
};

using InformerSlot = std::shared_ptr<const client::Informer*>;

// Only pods of tainted nodes matter, and pods that are gone (to forget them).
control::WatchSource WatchPods(InformerSlot nodes) {
  control::WatchSource source;
  source.resource = &api::ResourceOf<Pod>();
  source.keys = [nodes](const ObjectPtr& old_pod, const ObjectPtr& new_pod) -> std::vector<ObjectKey> {
    if (new_pod == nullptr) return {api::KeyOf(*old_pod)};
    if (*nodes == nullptr) return {};
    const ObjectPtr node = (*nodes)->Get({"", api::As<Pod>(new_pod)->spec().nodename()});
    if (node == nullptr || !HasEvictingTaint(*api::As<Node>(node))) return {};
    return {api::KeyOf(*new_pod)};
  };
  return source;
}

control::WatchSource WatchNodes(InformerSlot pods) {
  control::WatchSource source;
  source.resource = &api::ResourceOf<Node>();
  source.keys = [pods](const ObjectPtr& old_node, const ObjectPtr& new_node) {
    std::vector<ObjectKey> keys;
    const bool before = old_node != nullptr && HasEvictingTaint(*api::As<Node>(old_node));
    const bool after = new_node != nullptr && HasEvictingTaint(*api::As<Node>(new_node));
    if (*pods == nullptr || (!before && !after)) return keys;
    const std::string& name = api::Meta(new_node != nullptr ? *new_node : *old_node).name();
    for (const ObjectPtr& pod : (*pods)->ByIndex(kNodeIndex, name)) keys.push_back(api::KeyOf(*pod));
    return keys;
  };
  return source;
}

}  // namespace

control::ControllerDef TaintEvictionController() {
  // Filled in when the loop is made.
  auto pods = std::make_shared<const client::Informer*>(nullptr);
  auto nodes = std::make_shared<const client::Informer*>(nullptr);
  control::ControllerDef def;
  def.name = "taint-eviction-controller";
  def.workers = 4;
  def.watches = {WatchPods(nodes), WatchNodes(pods)};
  def.make = [pods, nodes](const control::Deps& deps) {
    *pods = deps.informers->For<Pod>();
    *nodes = deps.informers->For<Node>();
    return std::make_unique<EvictionReconciler>(deps);
  };
  return def;
}

}  // namespace kubelite::controllers
