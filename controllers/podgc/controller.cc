#include "controllers/podgc/controller.h"

#include <map>

#include "common/api/errors.h"
#include "common/api/time.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"
#include "common/control/pods.h"
#include "controllers/podgc/plan.h"

namespace kubelite::controllers {
namespace {

using api::ObjectKey;
using api::ObjectPtr;
using k8s::core::v1::Node;
using k8s::core::v1::Pod;

constexpr char kNodeIndex[] = "spec.nodeName";
constexpr char kEndedIndex[] = "ended";

// The key that stands for "count the ended pods".
ObjectKey CountKey() { return {"", ""}; }

std::vector<std::string> NodeOf(const api::Object& object) {
  return {static_cast<const Pod&>(object).spec().nodename()};
}

std::vector<std::string> EndedValue(const api::Object& object) {
  if (!control::IsPodTerminal(static_cast<const Pod&>(object))) return {};
  return {"true"};
}

class PodGcReconciler : public control::Reconciler {
 public:
  PodGcReconciler(const control::Deps& deps, int threshold)
      : deps_(deps), threshold_(threshold), pods_(deps.informers->For<Pod>()), nodes_(deps.informers->For<Node>()) {
    pods_->AddIndex(kNodeIndex, NodeOf);
    pods_->AddIndex(kEndedIndex, EndedValue);
  }

  absl::StatusOr<control::Result> Reconcile(const ObjectKey& key) override {
    if (key == CountKey()) return RemoveOldest();
    const ObjectPtr object = pods_->Get(key);
    if (object == nullptr) {
      base::MutexLock lock(&mutex_);
      missing_.erase(key);
      return control::Result{};
    }
    const auto pod = api::As<Pod>(object);
    const ObjectPtr node = pod->spec().nodename().empty() ? nullptr : nodes_->Get({"", pod->spec().nodename()});
    PodGcSnapshot snapshot{*pod, node == nullptr ? nullptr : api::As<Node>(node).get(), {}, deps_.clock().Now()};
    snapshot.node_missing_since = NoteNode(key, node != nullptr, snapshot.now);
    const PodGcPlan plan = PlanPodGc(snapshot);
    if (plan.remove) RETURN_IF_ERROR(Remove(*pod, plan, node != nullptr));
    return control::Result{plan.requeue_after};
  }

 private:
  // Since when the pod's node has been missing.
  absl::Time NoteNode(const ObjectKey& key, bool present, absl::Time now) {
    base::MutexLock lock(&mutex_);
    if (present) {
      missing_.erase(key);
      return now;
    }
    return missing_.try_emplace(key, now).first->second;
  }

  absl::Status Remove(const Pod& pod, const PodGcPlan& plan, bool node_present) {
    // The cache may lag: a pod is given up only when the server says the same about its node.
    if (!node_present && !pod.spec().nodename().empty()) {
      const absl::Status live = client::Get<Node>(*deps_.client, {"", pod.spec().nodename()}).status();
      if (live.ok()) return absl::OkStatus();
      if (!api::IsNotFound(live)) return live;
    }
    if (plan.as_failed != nullptr) {
      const absl::Status written = client::Update(*deps_.client, *plan.as_failed, "status").status();
      if (!written.ok() && !api::IsNotFound(written)) return written;
    }
    base::LogInfo("Pod removed, nobody else would", {{"pod", api::KeyOf(pod).ToString()}});
    return Delete(pod);
  }

  absl::Status Delete(const Pod& pod) {
    client::DeleteOptions options;
    options.grace_period_seconds = 0;
    options.preconditions.uid = pod.metadata().uid();
    const absl::Status deleted = client::Delete<Pod>(*deps_.client, api::KeyOf(pod), options);
    return api::IsNotFound(deleted) ? absl::OkStatus() : deleted;
  }

  absl::StatusOr<control::Result> RemoveOldest() {
    std::vector<ObjectPtr> ended = pods_->ByIndex(kEndedIndex, "true");
    const int surplus = static_cast<int>(ended.size()) - threshold_;
    if (threshold_ == 0 || surplus <= 0) return control::Result{};
    std::sort(ended.begin(), ended.end(), [](const ObjectPtr& a, const ObjectPtr& b) {
      return api::FromProto(api::Meta(*a).creationtimestamp()) < api::FromProto(api::Meta(*b).creationtimestamp());
    });
    for (int i = 0; i < surplus; ++i) RETURN_IF_ERROR(Delete(*api::As<Pod>(ended[i])));
    return control::Result{};
  }

  const control::Deps deps_;
  const int threshold_;
  client::Informer* const pods_;
  client::Informer* const nodes_;
  base::Mutex mutex_;
  std::map<ObjectKey, absl::Time> missing_ ABSL_GUARDED_BY(mutex_);
};

// Most changes of pods are none of this loop's business.
control::WatchSource WatchPods(std::shared_ptr<const client::Informer*> nodes) {
  control::WatchSource source;
  source.resource = &api::ResourceOf<Pod>();
  source.keys = [nodes](const ObjectPtr& old_object, const ObjectPtr& new_object) -> std::vector<ObjectKey> {
    if (new_object == nullptr) return {api::KeyOf(*old_object)};
    const auto pod = api::As<Pod>(new_object);
    const bool ended_now =
        control::IsPodTerminal(*pod) && (old_object == nullptr || !control::IsPodTerminal(*api::As<Pod>(old_object)));
    std::vector<ObjectKey> keys;
    if (ended_now) keys.push_back(CountKey());
    const std::string& node = pod->spec().nodename();
    const bool lost = !node.empty() && *nodes != nullptr && (*nodes)->Get({"", node}) == nullptr;
    if (lost || api::IsBeingDeleted(*pod)) keys.push_back(api::KeyOf(*pod));
    return keys;
  };
  return source;
}

control::WatchSource WatchNodes(std::shared_ptr<const client::Informer*> pods) {
  control::WatchSource source;
  source.resource = &api::ResourceOf<Node>();
  source.keys = [pods](const ObjectPtr& old_node, const ObjectPtr& new_node) {
    std::vector<ObjectKey> keys;
    // A node that comes lets its pods out of quarantine; one that goes puts them in; taints may put it out of service.
    const bool taints_changed =
        old_node != nullptr && new_node != nullptr &&
        api::As<Node>(old_node)->spec().taints_size() != api::As<Node>(new_node)->spec().taints_size();
    if (*pods == nullptr || (old_node != nullptr && new_node != nullptr && !taints_changed)) return keys;
    const std::string& name = api::Meta(new_node != nullptr ? *new_node : *old_node).name();
    for (const ObjectPtr& pod : (*pods)->ByIndex(kNodeIndex, name)) keys.push_back(api::KeyOf(*pod));
    return keys;
  };
  return source;
}

}  // namespace

control::ControllerDef PodGcController(int threshold) {
  // Filled in when the loop is made.
  auto pods = std::make_shared<const client::Informer*>(nullptr);
  auto nodes = std::make_shared<const client::Informer*>(nullptr);
  control::ControllerDef def;
  def.name = "pod-garbage-collector";
  def.workers = 2;
  def.watches = {WatchPods(nodes), WatchNodes(pods)};
  def.make = [pods, nodes, threshold](const control::Deps& deps) {
    *pods = deps.informers->For<Pod>();
    *nodes = deps.informers->For<Node>();
    return std::make_unique<PodGcReconciler>(deps, threshold);
  };
  return def;
}

}  // namespace kubelite::controllers
