#include "controllers/replicaset/controller.h"

#include "common/api/selectors.h"
#include "controllers/replicaset/kinds.h"
#include "controllers/replicaset/reconciler.h"

namespace kubelite::controllers {
namespace {

using api::ObjectKey;
using api::ObjectPtr;
using control::ControllerDef;
using control::WatchSource;
using k8s::core::v1::Pod;

// State shared by a row's watch mappings and its reconciler.
struct Shared {
  std::shared_ptr<control::Expectations> expectations = std::make_shared<control::Expectations>();
  const client::Informer* sets = nullptr;  // set when the loop is made
};

std::optional<ObjectKey> ControllerKey(const ReplicaKind& kind, const ObjectPtr& pod) {
  if (pod == nullptr) return std::nullopt;
  const auto* owner = api::ControllerOf(*pod);
  if (owner == nullptr || owner->kind() != kind.resource->gvk.kind ||
      owner->apiversion() != kind.resource->gvk.ApiVersion()) {
    return std::nullopt;
  }
  return ObjectKey{api::Meta(*pod).namespace_(), owner->name()};
}

// Owners that may want to adopt an orphan.
std::vector<ObjectKey> Adopters(const ReplicaKind& kind, const Shared& shared, const api::Object& pod) {
  std::vector<ObjectKey> keys;
  if (shared.sets == nullptr) return keys;
  for (const ObjectPtr& object : shared.sets->List(api::Meta(pod).namespace_())) {
    auto selector = api::LabelSelector::From(kind.view(object)->spec().selector());
    if (selector.ok() && !selector->empty() && selector->Matches(api::Meta(pod).labels())) {
      keys.push_back(api::KeyOf(*object));
    }
  }
  return keys;
}

// Tells the expectations what the cache shows. A pod that starts to terminate counts as deleted, as it no longer is
// active.
void Observe(const ReplicaKind& kind, const ObjectPtr& old_pod, const ObjectPtr& new_pod,
             control::Expectations* expectations) {
  const bool gone = new_pod == nullptr || api::IsBeingDeleted(*new_pod);
  const ObjectPtr& pod = new_pod != nullptr ? new_pod : old_pod;
  std::optional<ObjectKey> owner = ControllerKey(kind, pod);
  if (!owner.has_value()) return;
  if (old_pod == nullptr) expectations->CreationObserved(*owner);
  if (gone) expectations->DeletionObserved(*owner, api::Meta(*pod).uid());
}

WatchSource WatchPods(const ReplicaKind& kind, std::shared_ptr<Shared> shared) {
  WatchSource source;
  source.resource = &api::ResourceOf<Pod>();
  source.keys = [&kind, shared](const ObjectPtr& old_pod, const ObjectPtr& new_pod) {
    Observe(kind, old_pod, new_pod, shared->expectations.get());
    std::vector<ObjectKey> keys;
    for (const ObjectPtr* pod : {&old_pod, &new_pod}) {
      if (std::optional<ObjectKey> owner = ControllerKey(kind, *pod)) keys.push_back(*std::move(owner));
    }
    if (new_pod != nullptr && api::ControllerOf(*new_pod) == nullptr && !api::IsBeingDeleted(*new_pod)) {
      for (ObjectKey& key : Adopters(kind, *shared, *new_pod)) keys.push_back(std::move(key));
    }
    return keys;
  };
  return source;
}

ControllerDef Controller(const ReplicaKind& kind, int workers) {
  auto shared = std::make_shared<Shared>();
  ControllerDef def;
  def.name = kind.controller_name;
  def.workers = workers;
  def.watches = {control::WatchSelf(*kind.resource), WatchPods(kind, shared)};
  def.make = [&kind, shared](const control::Deps& deps) {
    shared->sets = deps.informers->For(*kind.resource);
    return NewReplicaSetReconciler(kind, deps, shared->expectations);
  };
  return def;
}

}  // namespace

ControllerDef ReplicaSetController(int workers) { return Controller(ReplicaSetKind(), workers); }
ControllerDef ReplicationControllerController(int workers) { return Controller(ReplicationControllerKind(), workers); }

}  // namespace kubelite::controllers
