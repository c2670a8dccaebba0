#pragma once

#include <cstdint>
#include <list>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "common/api/object.h"
#include "common/base/mutex.h"
#include "store/store.h"

namespace kubelite::apiserver {

// Decoded objects by key and revision, so that get, list and every watcher share one decoding. Keeps the two newest
// revisions of a key (watchers compare a change with what was before) and drops the least recently used keys beyond its
// bound. Thread-safe.
class ObjectCache {
 public:
  explicit ObjectCache(size_t max_bytes) : max_bytes_(max_bytes) {}
  ObjectCache(const ObjectCache&) = delete;

  // Null when absent.
  api::ObjectPtr Find(absl::string_view key, store::Revision revision);
  // `encoded_size` is what the object's stored form takes. Returns the object to use: one that is already there wins.
  api::ObjectPtr Insert(absl::string_view key, store::Revision revision, api::ObjectPtr object, size_t encoded_size);
  size_t bytes() const;

 private:
  struct Slot {
    store::Revision revision = 0;
    api::ObjectPtr object;
    size_t bytes = 0;
  };
  struct Entry {
    std::string key;
    Slot newest, older;
  };
  void Shrink() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t max_bytes_;
  mutable base::Mutex mutex_;
  std::list<Entry> recent_ ABSL_GUARDED_BY(mutex_);  // most recently used first
  absl::flat_hash_map<absl::string_view, std::list<Entry>::iterator> index_
      ABSL_GUARDED_BY(mutex_);  // views into recent_
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace kubelite::apiserver
