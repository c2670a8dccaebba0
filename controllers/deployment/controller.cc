#include "controllers/deployment/controller.h"

#include "common/api/selectors.h"
#include "common/control/pods.h"
#include "controllers/deployment/reconciler.h"
#include "controllers/deployment/rollout.h"

namespace kubelite::controllers {
namespace {

using api::ObjectKey;
using api::ObjectPtr;
using control::ControllerDef;
using control::WatchSource;
using k8s::apps::v1::Deployment;
using k8s::apps::v1::ReplicaSet;
using k8s::core::v1::Pod;

// Informers that the watch mappings look into; set when the loop is made.
struct Shared {
  const client::Informer* deployments = nullptr;
  const client::Informer* replica_sets = nullptr;
};

void AddOwner(const api::Object& object, std::vector<ObjectKey>* keys) {
  const auto* owner = api::ControllerOf(object);
  if (owner != nullptr && owner->kind() == "Deployment") {
    keys->push_back({api::Meta(object).namespace_(), owner->name()});
  }
}

void AddAdopters(const api::Object& orphan, const Shared& shared, std::vector<ObjectKey>* keys) {
  if (shared.deployments == nullptr) return;
  for (const ObjectPtr& object : shared.deployments->List(api::Meta(orphan).namespace_())) {
    auto selector = api::LabelSelector::From(api::As<Deployment>(object)->spec().selector());
    if (selector.ok() && !selector->empty() && selector->Matches(api::Meta(orphan).labels())) {
      keys->push_back(api::KeyOf(*object));
    }
  }
}

WatchSource WatchReplicaSets(std::shared_ptr<Shared> shared) {
  WatchSource source;
  source.resource = &api::ResourceOf<ReplicaSet>();
  source.keys = [shared](const ObjectPtr& old_set, const ObjectPtr& new_set) {
    std::vector<ObjectKey> keys;
    if (old_set != nullptr) AddOwner(*old_set, &keys);
    if (new_set != nullptr) AddOwner(*new_set, &keys);
    if (new_set != nullptr && api::ControllerOf(*new_set) == nullptr && !api::IsBeingDeleted(*new_set)) {
      AddAdopters(*new_set, *shared, &keys);
    }
    return keys;
  };
  return source;
}

// Strategy Recreate waits for the last old pod to end. Other deployments see all they need in their ReplicaSets'
// statuses.
WatchSource WatchEndingPods(std::shared_ptr<Shared> shared) {
  WatchSource source;
  source.resource = &api::ResourceOf<Pod>();
  source.keys = [shared](const ObjectPtr& old_pod, const ObjectPtr& new_pod) {
    std::vector<ObjectKey> keys;
    if (shared->deployments == nullptr) return keys;
    const bool ended = new_pod == nullptr || control::IsPodTerminal(*api::As<Pod>(new_pod));
    if (!ended) return keys;
    const api::Object& pod = new_pod != nullptr ? *new_pod : *old_pod;
    const auto* owner = api::ControllerOf(pod);
    if (owner == nullptr || owner->kind() != "ReplicaSet") return keys;
    const ObjectPtr set = shared->replica_sets->Get({api::Meta(pod).namespace_(), owner->name()});
    if (set != nullptr) AddOwner(*set, &keys);
    if (keys.empty()) return keys;
    const ObjectPtr deployment = shared->deployments->Get(keys.front());
    if (deployment == nullptr || !BoundsOf(api::As<Deployment>(deployment)->spec()).recreate) keys.clear();
    return keys;
  };
  return source;
}

}  // namespace

ControllerDef DeploymentController(int workers) {
  auto shared = std::make_shared<Shared>();
  ControllerDef def;
  def.name = "deployment-controller";
  def.workers = workers;
  def.watches = {control::WatchSelf(api::ResourceOf<Deployment>()), WatchReplicaSets(shared), WatchEndingPods(shared)};
  def.make = [shared](const control::Deps& deps) {
    shared->deployments = deps.informers->For<Deployment>();
    shared->replica_sets = deps.informers->For<ReplicaSet>();
    return NewDeploymentReconciler(deps);
  };
  return def;
}

}  // namespace kubelite::controllers
