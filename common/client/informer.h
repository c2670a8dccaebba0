#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "common/base/executor.h"
#include "common/base/mutex.h"
#include "common/base/random.h"
#include "common/client/client.h"

namespace kubelite::client {

// A cache of one resource kept up to date by list and watch.
// Contract: eventually consistent; the order of one object's states is kept; states may be skipped; each query sees one
// snapshot; a deletion is reported with the last known state. It resumes after lost connections from the last revision,
// relists when that expired, and never reports a change that did not happen. Handlers run one at a time on the
// informer's strand and may only enqueue keys. Queries are thread-safe and never block on the network.
class Informer {
 public:
  struct Options {
    std::string name_space;      // empty: all
    std::string field_selector;  // e.g. spec.nodeName=n1
    std::string label_selector;
  };
  // old_object is null for an addition, new_object for a deletion. Equal resourceVersions are not reported.
  using Handler = std::function<void(const ObjectPtr& old_object, const ObjectPtr& new_object)>;
  using IndexFunction = std::function<std::vector<std::string>(const Object& object)>;

  Informer(const ResourceInfo& resource, Options options, Client* client, base::Executor* executor,
           base::Random* random);
  // Stops: no handler runs or starts afterwards. Must not be called from a handler of its own.
  ~Informer();
  Informer(const Informer&) = delete;

  // Before Start only. An index that exists already is kept: loops that share an informer may add the same one.
  void AddHandler(Handler handler);
  void AddIndex(const std::string& name, IndexFunction function);

  void Start();
  // For good. No handler runs or starts afterwards, except the one it is called from. The cache stays readable.
  void Stop();
  // The first list is in the cache and its handlers were called.
  bool HasSynced() const;
  // Calls `done` once, when it is (or already was) synced; on the informer's strand.
  void OnSynced(std::function<void()> done);

  const ResourceInfo& resource() const { return resource_; }
  ObjectPtr Get(const ObjectKey& key) const;  // null when absent
  std::vector<ObjectPtr> List(const std::string& name_space = "") const;
  std::vector<ObjectPtr> ByIndex(const std::string& index, const std::string& value) const;
  size_t size() const;

 private:
  struct State;
  const ResourceInfo& resource_;
  std::shared_ptr<State> state_;
};

// Typed queries over an informer of T.
template <typename T>
class Lister {
 public:
  explicit Lister(const Informer* informer) : informer_(informer) {}
  std::shared_ptr<const T> Get(const ObjectKey& key) const {
    ObjectPtr object = informer_->Get(key);
    return object ? api::As<T>(object) : nullptr;
  }
  std::vector<std::shared_ptr<const T>> List(const std::string& name_space = "") const {
    return Typed(informer_->List(name_space));
  }
  std::vector<std::shared_ptr<const T>> ByIndex(const std::string& index, const std::string& value) const {
    return Typed(informer_->ByIndex(index, value));
  }

 private:
  static std::vector<std::shared_ptr<const T>> Typed(const std::vector<ObjectPtr>& objects) {
    std::vector<std::shared_ptr<const T>> typed;
    typed.reserve(objects.size());
    for (const ObjectPtr& object : objects) typed.push_back(api::As<T>(object));
    return typed;
  }
  const Informer* informer_;
};

// The informers of one process: one per resource and selector, shared by its loops. Thread-safe until Start.
class InformerFactory {
 public:
  InformerFactory(Client* client, base::Executor* executor, base::Random* random);
  ~InformerFactory();
  // Lives as long as the factory. The same arguments give the same informer.
  Informer* For(const ResourceInfo& resource, const Informer::Options& options = {});
  template <typename T>
  Informer* For(const Informer::Options& options = {}) {
    return For(api::ResourceOf<T>(), options);
  }
  void Start();  // starts those not yet started
  void Stop();
  bool HasSynced() const;
  // Calls `done` once when all informers known now are synced.
  void OnSynced(std::function<void()> done);

 private:
  std::vector<Informer*> All() const;

  Client* const client_;
  base::Executor* const executor_;
  base::Random* const random_;
  mutable base::Mutex mutex_;
  std::map<std::string, std::unique_ptr<Informer>> informers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kubelite::client
