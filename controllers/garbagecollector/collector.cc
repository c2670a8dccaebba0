#include "controllers/garbagecollector/collector.h"

#include <atomic>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"
#include "controllers/garbagecollector/graph.h"
#include "controllers/garbagecollector/plan.h"

namespace kubelite::controllers {
namespace {

using api::ObjectKey;
using api::ObjectPtr;
using api::ResourceInfo;
using k8s::meta::v1::OwnerReference;

// After so long a resource that cannot be listed is taken for one that is not served: finishing a foreground deletion
// must not wait for it for ever.
constexpr absl::Duration kSyncPatience = absl::Seconds(30);
constexpr absl::Duration kSyncRetry = absl::Milliseconds(100);
constexpr size_t kMaxAbsent = 10000;

bool IsWatched(const ResourceInfo& resource) {
  return resource.HasVerb("list") && resource.HasVerb("watch") && resource.HasVerb("delete") &&
         resource.plural != "events";
}

// Resources that other loops of the process watch without a selector.
bool IsShared(const ResourceInfo& resource) {
  static const std::set<std::string>& shared = *new std::set<std::string>{
      "deployments.apps", "leases.coordination.k8s.io", "namespaces", "nodes", "pods", "replicasets.apps",
      "serviceaccounts",  "replicationcontrollers"};
  return shared.count(resource.GroupResource()) > 0;
}

ObjectKey UidKey(const std::string& uid) { return {"", uid}; }

bool RemoveOwners(const std::set<std::string>& uids, api::Object* object) {
  auto* references = api::MutableMeta(object)->mutable_ownerreferences();
  const int before = references->size();
  for (int i = before - 1; i >= 0; --i) {
    if (uids.count(references->Get(i).uid()) > 0) references->DeleteSubrange(i, 1);
  }
  return references->size() != before;
}

// Whether a change concerns owners or deletion. Most do not: pods report their status all the time.
bool MattersToCollector(const api::Object& before, const api::Object& after) {
  const auto& old_meta = api::Meta(before);
  const auto& new_meta = api::Meta(after);
  const auto same_reference = [](const OwnerReference& a, const OwnerReference& b) {
    return a.uid() == b.uid() && a.name() == b.name() && a.blockownerdeletion() == b.blockownerdeletion();
  };
  return old_meta.has_deletiontimestamp() != new_meta.has_deletiontimestamp() ||
         !std::equal(old_meta.finalizers().begin(), old_meta.finalizers().end(), new_meta.finalizers().begin(),
                     new_meta.finalizers().end()) ||
         !std::equal(old_meta.ownerreferences().begin(), old_meta.ownerreferences().end(),
                     new_meta.ownerreferences().begin(), new_meta.ownerreferences().end(), same_reference);
}

absl::Status IgnoreNotFound(const absl::Status& status) { return api::IsNotFound(status) ? absl::OkStatus() : status; }

}  // namespace

struct GarbageCollector::State : std::enable_shared_from_this<State> {
  State(const control::Deps& deps, int workers)
      : deps(deps),
        own_informers(deps.client, deps.executor, deps.random),
        queue({.name = kGarbageCollector, .workers = workers, .rate_limit = {}}, deps.executor,
              [this](const ObjectKey& key) { Work(key.name); }) {}

  void Watch();
  void OnChange(const ResourceInfo& resource, const ObjectPtr& old_object, const ObjectPtr& new_object);
  void OnGone(const api::Object& object);
  void EnqueueDependents(const std::string& uid);
  void Work(const std::string& uid);
  absl::StatusOr<absl::Duration> Collect(const std::string& uid);

  // The cached object of a graph node; null when the cache has another or none.
  ObjectPtr Find(const GraphNode& node) const;
  absl::StatusOr<OwnerState> Judge(const GraphNode& node, const OwnerReference& reference);
  absl::StatusOr<bool> IsAbsent(const ResourceInfo& resource, const ObjectKey& key, const std::string& uid);
  void NoteAbsent(const std::string& uid);

  absl::Status Execute(const GraphNode& node, const ObjectPtr& object, const CollectPlan& plan);
  absl::Status Delete(const GraphNode& node, const api::Object& object, const std::string& propagation);
  absl::Status DropOwners(const GraphNode& node, const api::Object& object, const std::set<std::string>& uids);
  absl::Status OrphanDependents(const GraphNode& node, const api::Object& object);
  absl::Status RemoveFinalizer(const GraphNode& node, const api::Object& object, const char* finalizer);
  bool SeesEverything() const;

  const control::Deps deps;
  client::InformerFactory own_informers;
  std::map<std::string, client::Informer*> informers;  // by group resource; constant after Watch
  OwnerGraph graph;
  std::atomic<bool> open{false};
  mutable base::Mutex mutex;
  std::set<std::string> absent ABSL_GUARDED_BY(mutex);   // uids never come back
  std::set<std::string> waiting ABSL_GUARDED_BY(mutex);  // reached before `open`
  absl::Time opened_at ABSL_GUARDED_BY(mutex);
  control::WorkQueue queue;  // last: its destructor waits for Work
};

void GarbageCollector::State::Watch() {
  for (const ResourceInfo* resource : api::Scheme::Builtin().resources()) {
    client::Informer*& informer = informers[resource->GroupResource()];
    if (!IsWatched(*resource) || informer != nullptr) continue;
    informer = (IsShared(*resource) ? deps.informers : &own_informers)->For(*resource);
    informer->AddHandler([weak = weak_from_this(), resource](const ObjectPtr& old_object, const ObjectPtr& new_object) {
      if (const std::shared_ptr<State> state = weak.lock()) state->OnChange(*resource, old_object, new_object);
    });
  }
}

void GarbageCollector::State::OnGone(const api::Object& object) {
  const std::string& uid = api::Meta(object).uid();
  NoteAbsent(uid);
  for (const std::string& owner : graph.Remove(uid)) queue.Add(UidKey(owner));
  EnqueueDependents(uid);
}

void GarbageCollector::State::OnChange(const ResourceInfo& resource, const ObjectPtr& old_object,
                                       const ObjectPtr& new_object) {
  if (new_object == nullptr) return OnGone(*old_object);
  if (old_object != nullptr) {
    if (api::Meta(*old_object).uid() != api::Meta(*new_object).uid()) {
      OnGone(*old_object);
    } else if (!MattersToCollector(*old_object, *new_object)) {
      return;
    }
  }
  for (const std::string& owner : graph.Put(resource, *new_object)) queue.Add(UidKey(owner));
  const std::string& uid = api::Meta(*new_object).uid();
  if (graph.Find(uid).has_value()) queue.Add(UidKey(uid));
}

void GarbageCollector::State::EnqueueDependents(const std::string& uid) {
  for (const GraphNode& dependent : graph.Dependents(uid)) queue.Add(UidKey(dependent.uid));
}

void GarbageCollector::State::Work(const std::string& uid) {
  if (!open) {
    base::MutexLock lock(&mutex);
    if (!open) {
      waiting.insert(uid);
      return;
    }
  }
  const absl::StatusOr<absl::Duration> again = Collect(uid);
  if (!again.ok()) {
    const auto level = api::IsConflict(again.status()) ? base::LogLevel::kDebug : base::LogLevel::kWarning;
    base::Log(level, "Object could not be collected, will retry", {{"uid", uid}, {"err", again.status()}});
    queue.AddRateLimited(UidKey(uid));
    return;
  }
  queue.Forget(UidKey(uid));
  if (*again > absl::ZeroDuration()) queue.AddAfter(UidKey(uid), *again);
}

ObjectPtr GarbageCollector::State::Find(const GraphNode& node) const {
  ObjectPtr object = informers.at(node.resource->GroupResource())->Get(node.key);
  return object != nullptr && api::Meta(*object).uid() == node.uid ? object : nullptr;
}

absl::StatusOr<absl::Duration> GarbageCollector::State::Collect(const std::string& uid) {
  const std::optional<GraphNode> node = graph.Find(uid);
  if (!node.has_value()) return absl::ZeroDuration();
  const ObjectPtr object = Find(*node);
  if (object == nullptr) return absl::ZeroDuration();  // its deletion is on the way here

  CollectSnapshot snapshot{*object, {}};
  for (const OwnerReference& reference : api::Meta(*object).ownerreferences()) {
    ASSIGN_OR_RETURN(OwnerState state, Judge(*node, reference));
    snapshot.owners.push_back(state);
  }
  for (const GraphNode& dependent : graph.Dependents(uid)) {
    snapshot.has_dependents = true;
    snapshot.has_blocking_dependents |= dependent.blocked_owners.count(uid) > 0;
  }
  const CollectPlan plan = PlanCollect(snapshot);
  const bool needs_all =
      plan.action == CollectPlan::Action::kOrphanDependents || plan.action == CollectPlan::Action::kFinishForeground;
  if (needs_all && !SeesEverything()) return kSyncRetry;
  RETURN_IF_ERROR(Execute(*node, object, plan));
  return absl::ZeroDuration();
}

bool GarbageCollector::State::SeesEverything() const {
  if (own_informers.HasSynced()) return true;
  base::MutexLock lock(&mutex);
  return deps.clock().Now() >= opened_at + kSyncPatience;
}

absl::StatusOr<OwnerState> GarbageCollector::State::Judge(const GraphNode& node, const OwnerReference& reference) {
  const absl::StatusOr<api::GroupVersionKind> gvk = api::ParseApiVersion(reference.apiversion(), reference.kind());
  const ResourceInfo* resource = gvk.ok() ? api::Scheme::Builtin().FindKind(*gvk) : nullptr;
  if (resource == nullptr) return OwnerState::kSolid;  // nothing is known of such a kind
  if (resource->namespaced && node.key.name_space.empty()) {
    const ObjectPtr object = Find(node);
    if (object != nullptr) {
      deps.events->Event(*object, client::EventRecorder::Type::kWarning, "OwnerRefInvalidNamespace",
                         absl::StrCat("ownerRef [", reference.apiversion(), "/", reference.kind(),
                                      ", namespace: , name: ", reference.name(), ", uid: ", reference.uid(),
                                      "] does not exist in namespace \"\""));
    }
    return OwnerState::kSolid;
  }
  const ObjectKey key{resource->namespaced ? node.key.name_space : "", reference.name()};
  const client::Informer* informer = informers.at(resource->GroupResource());
  const ObjectPtr owner = informer == nullptr ? nullptr : informer->Get(key);
  if (owner == nullptr || api::Meta(*owner).uid() != reference.uid()) {
    ASSIGN_OR_RETURN(bool gone, IsAbsent(*resource, key, reference.uid()));
    return gone ? OwnerState::kAbsent : OwnerState::kSolid;
  }
  const bool waits = api::IsBeingDeleted(*owner) && api::HasFinalizer(*owner, kForegroundFinalizer);
  return waits ? OwnerState::kWaiting : OwnerState::kSolid;
}

// The cache may lag behind a new owner, so the server is asked before anything is deleted.
absl::StatusOr<bool> GarbageCollector::State::IsAbsent(const ResourceInfo& resource, const ObjectKey& key,
                                                       const std::string& uid) {
  {
    base::MutexLock lock(&mutex);
    if (absent.count(uid) > 0) return true;
  }
  const absl::StatusOr<ObjectPtr> live = deps.client->Get(resource, key);
  if (live.ok() && api::Meta(**live).uid() == uid) return false;
  if (!live.ok() && !api::IsNotFound(live.status())) return live.status();
  NoteAbsent(uid);
  return true;
}

void GarbageCollector::State::NoteAbsent(const std::string& uid) {
  base::MutexLock lock(&mutex);
  if (absent.size() >= kMaxAbsent) absent.clear();  // only a memo: it is asked again
  absent.insert(uid);
}

absl::Status GarbageCollector::State::Execute(const GraphNode& node, const ObjectPtr& object, const CollectPlan& plan) {
  switch (plan.action) {
    case CollectPlan::Action::kNothing:
      return absl::OkStatus();
    case CollectPlan::Action::kDelete:
      return Delete(node, *object, plan.propagation);
    case CollectPlan::Action::kDropOwners:
      return DropOwners(node, *object, {plan.drop.begin(), plan.drop.end()});
    case CollectPlan::Action::kOrphanDependents:
      return OrphanDependents(node, *object);
    case CollectPlan::Action::kPushDependents:
      EnqueueDependents(node.uid);
      return absl::OkStatus();
    case CollectPlan::Action::kFinishForeground:
      return RemoveFinalizer(node, *object, kForegroundFinalizer);
  }
  return absl::OkStatus();
}

absl::Status GarbageCollector::State::Delete(const GraphNode& node, const api::Object& object,
                                             const std::string& propagation) {
  client::DeleteOptions options;
  options.propagation_policy = propagation;
  // Should it get an owner now, this deletion is refused.
  options.preconditions = {node.uid, api::Meta(object).resourceversion()};
  base::LogDebug("Object is collected", {{"resource", node.resource->GroupResource()}, {"key", node.key.ToString()}});
  return IgnoreNotFound(deps.client->Delete(*node.resource, node.key, options).status());
}

absl::Status GarbageCollector::State::DropOwners(const GraphNode& node, const api::Object& object,
                                                 const std::set<std::string>& uids) {
  const std::unique_ptr<api::Object> copy = api::Clone(object);
  if (!RemoveOwners(uids, copy.get())) return absl::OkStatus();
  return IgnoreNotFound(deps.client->Update(*node.resource, *copy).status());
}

absl::Status GarbageCollector::State::OrphanDependents(const GraphNode& node, const api::Object& object) {
  for (const GraphNode& dependent : graph.Dependents(node.uid)) {
    const ObjectPtr cached = Find(dependent);
    if (cached != nullptr) RETURN_IF_ERROR(DropOwners(dependent, *cached, {node.uid}));
  }
  return RemoveFinalizer(node, object, kOrphanFinalizer);
}

absl::Status GarbageCollector::State::RemoveFinalizer(const GraphNode& node, const api::Object& object,
                                                      const char* finalizer) {
  const std::unique_ptr<api::Object> copy = api::Clone(object);
  if (!api::RemoveFinalizer(copy.get(), finalizer)) return absl::OkStatus();
  return IgnoreNotFound(deps.client->Update(*node.resource, *copy).status());
}

GarbageCollector::GarbageCollector(const control::Deps& deps, int workers)
    : state_(std::make_shared<State>(deps, workers)) {
  state_->Watch();
}

GarbageCollector::~GarbageCollector() { Stop(); }

void GarbageCollector::Start() {
  state_->deps.informers->OnSynced([weak = std::weak_ptr<State>(state_)] {
    const std::shared_ptr<State> state = weak.lock();
    if (state == nullptr) return;
    std::set<std::string> uids;
    {
      base::MutexLock lock(&state->mutex);
      state->open = true;
      state->opened_at = state->deps.clock().Now();
      uids.swap(state->waiting);
    }
    for (const std::string& uid : uids) state->queue.Add(UidKey(uid));
    state->own_informers.Start();
  });
}

void GarbageCollector::Stop() {
  state_->queue.ShutDown();
  state_->own_informers.Stop();
}

bool GarbageCollector::idle() const { return state_->queue.idle(); }

}  // namespace kubelite::controllers
