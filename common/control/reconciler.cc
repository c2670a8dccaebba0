#include "common/control/reconciler.h"

#include <set>
#include <utility>

#include "common/api/errors.h"
#include "common/base/check.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/base/mutex.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::control {
namespace {

bool Owns(const api::ResourceInfo& owner_kind, const k8s::meta::v1::OwnerReference& reference) {
  if (reference.kind() != owner_kind.gvk.kind) return false;
  const absl::StatusOr<api::GroupVersionKind> gvk = api::ParseApiVersion(reference.apiversion(), reference.kind());
  return gvk.ok() && gvk->group == owner_kind.gvk.group;
}

void AddOwnerKey(const api::ObjectPtr& object, const api::ResourceInfo& owner_kind, std::vector<ObjectKey>* keys) {
  if (object == nullptr) return;
  const k8s::meta::v1::OwnerReference* owner = api::ControllerOf(*object);
  if (owner == nullptr || !Owns(owner_kind, *owner)) return;
  ObjectKey key{owner_kind.namespaced ? api::Meta(*object).namespace_() : "", owner->name()};
  if (keys->empty() || keys->front() != key) keys->push_back(std::move(key));
}

}  // namespace

WatchSource WatchSelf(const api::ResourceInfo& resource) {
  WatchSource source;
  source.resource = &resource;
  source.keys = [](const api::ObjectPtr& old_object, const api::ObjectPtr& new_object) {
    return std::vector<ObjectKey>{api::KeyOf(new_object != nullptr ? *new_object : *old_object)};
  };
  return source;
}

WatchSource WatchOwned(const api::ResourceInfo& resource, const api::ResourceInfo& owner_kind) {
  WatchSource source;
  source.resource = &resource;
  source.keys = [&owner_kind](const api::ObjectPtr& old_object, const api::ObjectPtr& new_object) {
    std::vector<ObjectKey> keys;
    AddOwnerKey(old_object, owner_kind, &keys);
    AddOwnerKey(new_object, owner_kind, &keys);
    return keys;
  };
  return source;
}

struct Runner::State : std::enable_shared_from_this<Runner::State> {
  State(const ControllerDef& def, const Deps& deps)
      : name(def.name),
        executor(deps.executor),
        errors(
            base::Metrics()
                .AddCounter("kubelite_control_reconcile_errors_total", "Reconciles that ended with an error", {"name"})
                .With({def.name})),
        last_success(base::Metrics()
                         .AddGauge("kubelite_control_last_success_timestamp_seconds",
                                   "When a reconcile last succeeded, in seconds since 1970", {"name"})
                         .With({def.name})),
        informers(deps.informers),
        reconciler(def.make(deps)),
        queue({.name = def.name, .workers = def.workers, .rate_limit = {}}, deps.executor,
              [this](const ObjectKey& key) { Work(key); }) {}

  void Work(const ObjectKey& key);
  // All informers are synced: lets the keys held back go.
  void Open();

  const std::string name;
  base::Executor* const executor;
  base::Counter& errors;
  base::Gauge& last_success;
  client::InformerFactory* const informers;
  const std::unique_ptr<Reconciler> reconciler;

  mutable base::Mutex mutex;
  bool started ABSL_GUARDED_BY(mutex) = false;
  bool open ABSL_GUARDED_BY(mutex) = false;
  std::set<ObjectKey> early ABSL_GUARDED_BY(mutex);  // reached before `open`

  WorkQueue queue;  // last: its destructor waits for Work()
};

void Runner::State::Work(const ObjectKey& key) {
  {
    base::MutexLock lock(&mutex);
    if (!open) {
      early.insert(key);
      return;
    }
  }
  const absl::StatusOr<Result> result = reconciler->Reconcile(key);
  if (!result.ok()) {
    errors.Increment();
    // Conflicts are part of normal running: the cache was behind and the next run sees the newer object.
    const base::LogLevel level = api::IsConflict(result.status()) ? base::LogLevel::kDebug : base::LogLevel::kWarning;
    base::Log(level, "Reconcile failed, will retry",
              {{"controller", name}, {"key", key.ToString()}, {"err", result.status()}});
    queue.AddRateLimited(key);
    return;
  }
  last_success.Set(absl::ToDoubleSeconds(executor->clock().Now() - absl::UnixEpoch()));
  queue.Forget(key);
  if (result->requeue_after > absl::ZeroDuration()) queue.AddAfter(key, result->requeue_after);
}

void Runner::State::Open() {
  std::set<ObjectKey> keys;
  {
    base::MutexLock lock(&mutex);
    open = true;
    keys.swap(early);
  }
  for (const ObjectKey& key : keys) queue.Add(key);
}

Runner::Runner(const ControllerDef& def, const Deps& deps) : state_(std::make_shared<State>(def, deps)) {
  for (const WatchSource& watch : def.watches) {
    CHECK(watch.resource != nullptr && watch.keys != nullptr);
    client::Informer* informer = deps.informers->For(*watch.resource, watch.options);
    informer->AddHandler([weak = std::weak_ptr<State>(state_), keys = watch.keys](const api::ObjectPtr& old_object,
                                                                                  const api::ObjectPtr& new_object) {
      const std::shared_ptr<State> state = weak.lock();
      if (state == nullptr) return;
      for (const ObjectKey& key : keys(old_object, new_object)) state->queue.Add(key);
    });
  }
}

Runner::~Runner() { Stop(); }

void Runner::Start() {
  {
    base::MutexLock lock(&state_->mutex);
    if (state_->started) return;
    state_->started = true;
  }
  state_->informers->OnSynced([weak = std::weak_ptr<State>(state_)] {
    if (const std::shared_ptr<State> state = weak.lock()) state->Open();
  });
}

void Runner::Stop() { state_->queue.ShutDown(); }

WorkQueue& Runner::queue() { return state_->queue; }

bool Runner::idle() const {
  base::MutexLock lock(&state_->mutex);
  return state_->early.empty() && state_->queue.idle();
}

}  // namespace kubelite::control
