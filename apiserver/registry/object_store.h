#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "apiserver/registry/object_cache.h"
#include "apiserver/registry/resource_def.h"
#include "common/api/object.h"
#include "store/store.h"

namespace kubelite::apiserver {

// Objects over the store's bytes: the only place that encodes, decodes and translates the store's errors to API errors.
// Objects carry their revision as metadata.resourceVersion; the stored form has none. Thread-safe; calls block on the
// store.
class ObjectStore {
 public:
  ObjectStore(store::Store* store, size_t cache_bytes) : store_(store), cache_(cache_bytes) {}

  // `at` 0: latest.
  absl::StatusOr<api::ObjectPtr> Get(const ResourceDef& def, const api::ObjectKey& key, store::Revision at = 0);
  struct Page {
    std::vector<api::ObjectPtr> items;
    store::Revision revision = 0;
    std::string next;  // start of the following page; empty when there is none
  };
  absl::StatusOr<Page> List(const ResourceDef& def, absl::string_view prefix, absl::string_view start, size_t limit,
                            store::Revision at);
  // The three writes. Aborted by somebody else's write: api::Conflict (Create: AlreadyExists). Returned objects carry
  // the new revision; Remove returns `object` with the revision of its deletion.
  absl::StatusOr<api::ObjectPtr> Create(const ResourceDef& def, std::unique_ptr<api::Object> object);
  absl::StatusOr<api::ObjectPtr> Replace(const ResourceDef& def, std::unique_ptr<api::Object> object,
                                         store::Revision expected);
  absl::StatusOr<api::ObjectPtr> Remove(const ResourceDef& def, const api::Object& object, store::Revision expected);

  // The object of a stored value, decoded at most once while it stays in the cache.
  absl::StatusOr<api::ObjectPtr> Decode(const ResourceDef& def, const store::KeyValue& kv);
  // `last` as it is reported by its deletion: with that revision. Shared by all watchers.
  api::ObjectPtr Deleted(const ResourceDef& def, absl::string_view store_key, const api::ObjectPtr& last,
                         store::Revision revision);

  // API errors for the store's, about an object of `info` (name may be empty).
  static absl::Status Translate(const absl::Status& status, const api::ResourceInfo& info, absl::string_view name);
  store::Store& store() { return *store_; }

 private:
  absl::StatusOr<api::ObjectPtr> Write(const ResourceDef& def, std::unique_ptr<api::Object> object,
                                       store::Revision expected);

  store::Store* const store_;
  ObjectCache cache_;
};

}  // namespace kubelite::apiserver
