#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/api/object.h"
#include "common/base/mutex.h"

namespace kubelite::client {

// The objects of an informer with its indexes. Thread-safe; each call sees or makes one snapshot. Bounded by what it
// caches.
class ObjectCache {
 public:
  using IndexFunction = std::function<std::vector<std::string>(const api::Object& object)>;
  // old_object is null for an addition, new_object for a deletion.
  struct Change {
    api::ObjectPtr old_object;
    api::ObjectPtr new_object;
  };

  // Before the first object only.
  void AddIndex(const std::string& name, IndexFunction function);

  // Makes the content equal to `items` and returns the differences: deletions first, then the rest in the items' order.
  std::vector<Change> Replace(const std::vector<api::ObjectPtr>& items);
  // Returns whether it is a change: not when the cached state is the same or newer. `old_object` may come out null.
  bool Put(const api::ObjectPtr& object, api::ObjectPtr* old_object);
  // Returns whether it was there.
  bool Remove(const api::ObjectKey& key);

  api::ObjectPtr Get(const api::ObjectKey& key) const;
  // In the order of their keys; "" gives all namespaces.
  std::vector<api::ObjectPtr> List(const std::string& name_space) const;
  std::vector<api::ObjectPtr> ByIndex(const std::string& index, const std::string& value) const;
  size_t size() const;

 private:
  struct Index {
    IndexFunction function;
    std::map<std::string, std::set<api::ObjectKey>> keys;  // by value
  };
  // Either may be null.
  void Store(const api::ObjectKey& key, const api::ObjectPtr& old_object, const api::ObjectPtr& new_object)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable base::Mutex mutex_;
  std::map<api::ObjectKey, api::ObjectPtr> objects_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Index> indexes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kubelite::client
