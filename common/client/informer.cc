#include "common/client/informer.h"

#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/client/object_cache.h"
#include "common/client/reflector.h"

namespace kubelite::client {

struct Informer::State : Reflector::Sink {
  void Replace(std::vector<ObjectPtr> items) override {
    for (const ObjectCache::Change& change : cache.Replace(items)) Report(change.old_object, change.new_object);
    std::vector<std::function<void()>> waiting;
    {
      base::MutexLock lock(&mutex);
      synced = true;
      waiting.swap(on_synced);
    }
    for (const std::function<void()>& done : waiting) done();
  }

  void Apply(const WatchEvent& event) override {
    ObjectPtr old_object;
    if (event.type == WatchEvent::Type::kDeleted) {
      if (cache.Remove(api::KeyOf(*event.object))) Report(event.object, nullptr);
    } else if (cache.Put(event.object, &old_object)) {
      Report(old_object, event.object);
    }
  }

  void Report(const ObjectPtr& old_object, const ObjectPtr& new_object) {
    for (const Handler& handler : handlers) handler(old_object, new_object);
  }

  // Constant after Start.
  std::vector<Handler> handlers;
  std::shared_ptr<Reflector> reflector;

  ObjectCache cache;

  mutable base::Mutex mutex;
  bool started ABSL_GUARDED_BY(mutex) = false;
  bool synced ABSL_GUARDED_BY(mutex) = false;
  std::vector<std::function<void()>> on_synced ABSL_GUARDED_BY(mutex);
};

Informer::Informer(const ResourceInfo& resource, Options options, Client* client, base::Executor* executor,
                   base::Random* random)
    : resource_(resource), state_(std::make_shared<State>()) {
  state_->reflector = Reflector::New(
      resource, {std::move(options.name_space), std::move(options.field_selector), std::move(options.label_selector)},
      client, executor, random, state_.get());
}

Informer::~Informer() { Stop(); }

void Informer::AddHandler(Handler handler) {
  base::MutexLock lock(&state_->mutex);
  CHECK(!state_->started);
  state_->handlers.push_back(std::move(handler));
}

void Informer::AddIndex(const std::string& name, IndexFunction function) {
  base::MutexLock lock(&state_->mutex);
  CHECK(!state_->started);
  state_->cache.AddIndex(name, std::move(function));
}

void Informer::Start() {
  {
    base::MutexLock lock(&state_->mutex);
    if (state_->started) return;
    state_->started = true;
  }
  state_->reflector->Start();
}

void Informer::Stop() { state_->reflector->Stop(); }

bool Informer::HasSynced() const {
  base::MutexLock lock(&state_->mutex);
  return state_->synced;
}

void Informer::OnSynced(std::function<void()> done) {
  {
    base::MutexLock lock(&state_->mutex);
    if (!state_->synced) {
      state_->on_synced.push_back(std::move(done));
      return;
    }
  }
  state_->reflector->Post(std::move(done));
}

ObjectPtr Informer::Get(const ObjectKey& key) const { return state_->cache.Get(key); }

std::vector<ObjectPtr> Informer::List(const std::string& name_space) const { return state_->cache.List(name_space); }

std::vector<ObjectPtr> Informer::ByIndex(const std::string& index, const std::string& value) const {
  return state_->cache.ByIndex(index, value);
}

size_t Informer::size() const { return state_->cache.size(); }

InformerFactory::InformerFactory(Client* client, base::Executor* executor, base::Random* random)
    : client_(client), executor_(executor), random_(random) {}

InformerFactory::~InformerFactory() { Stop(); }

Informer* InformerFactory::For(const ResourceInfo& resource, const Informer::Options& options) {
  const std::string key = absl::StrCat(resource.GroupResource(), "|", resource.gvk.version, "|", options.name_space,
                                       "|", options.field_selector, "|", options.label_selector);
  base::MutexLock lock(&mutex_);
  std::unique_ptr<Informer>& informer = informers_[key];
  if (informer == nullptr) informer = std::make_unique<Informer>(resource, options, client_, executor_, random_);
  return informer.get();
}

std::vector<Informer*> InformerFactory::All() const {
  std::vector<Informer*> all;
  base::MutexLock lock(&mutex_);
  for (const auto& [key, informer] : informers_) all.push_back(informer.get());
  return all;
}

void InformerFactory::Start() {
  for (Informer* informer : All()) informer->Start();
}

void InformerFactory::Stop() {
  for (Informer* informer : All()) informer->Stop();
}

bool InformerFactory::HasSynced() const {
  for (const Informer* informer : All()) {
    if (!informer->HasSynced()) return false;
  }
  return true;
}

void InformerFactory::OnSynced(std::function<void()> done) {
  const std::vector<Informer*> all = All();
  if (all.empty()) return executor_->Post(std::move(done));
  auto missing = std::make_shared<std::atomic<size_t>>(all.size());
  for (Informer* informer : all) {
    informer->OnSynced([missing, done] {
      if (--*missing == 0) done();
    });
  }
}

}  // namespace kubelite::client
