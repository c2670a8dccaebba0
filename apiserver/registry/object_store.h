#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "apiserver/registry/lease_pool.h"
#include "apiserver/registry/object_cache.h"
#include "apiserver/registry/resource_def.h"
#include "common/api/object.h"
#include "common/base/clock.h"
#include "store/store.h"

namespace kubelite::apiserver {

// Objects over the store's bytes: the only place that encodes, decodes and translates the store's errors to API errors.
// Objects carry their revision as metadata.resourceVersion; the stored form has none. Every write tells the store's
// history when it was made and by which request. Thread-safe; calls block on the store.
class ObjectStore {
 public:
  // All outlive it. `leases` are for the objects of kinds with a time to live.
  ObjectStore(store::Store* store, LeasePool* leases, const base::Clock& clock, size_t cache_bytes)
      : store_(store), leases_(leases), clock_(clock), cache_(cache_bytes) {}

  // `at` 0: latest. Expired, naming what can still be read, when it was compacted.
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
  absl::StatusOr<api::ObjectPtr> Create(const ResourceDef& def, std::unique_ptr<api::Object> object, const Request& by);
  absl::StatusOr<api::ObjectPtr> Replace(const ResourceDef& def, std::unique_ptr<api::Object> object,
                                         store::Revision expected, const Request& by);
  absl::StatusOr<api::ObjectPtr> Remove(const ResourceDef& def, const api::Object& object, store::Revision expected,
                                        const Request& by);

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
                                       store::Revision expected, const Request& by);
  absl::Status ReadError(const absl::Status& status, const ResourceDef& def, absl::string_view name,
                         store::Revision at);
  store::Origin OriginOf(const Request& by) const;

  store::Store* const store_;
  LeasePool* const leases_;
  const base::Clock& clock_;
  ObjectCache cache_;
};

}  // namespace kubelite::apiserver
