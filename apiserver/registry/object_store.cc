#include "apiserver/registry/object_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "apiserver/registry/keys.h"
#include "apiserver/registry/moments.h"
#include "apiserver/registry/write_note.h"
#include "common/api/stored.h"
#include "common/base/status_macros.h"

namespace kubelite::apiserver {
namespace {

// Views of one stored object are decoded apart.
std::string CacheKey(const ResourceDef& def, absl::string_view store_key) {
  return def.stored_as == nullptr ? std::string(store_key) : absl::StrCat(def.info->gvk.ApiVersion(), ":", store_key);
}

}  // namespace

absl::Status ObjectStore::Translate(const absl::Status& status, const api::ResourceInfo& info, absl::string_view name) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return status;
    case absl::StatusCode::kNotFound:
      return api::NotFound(info, name);
    case absl::StatusCode::kAlreadyExists:
      return api::AlreadyExists(info, name);
    case absl::StatusCode::kAborted:
      return api::Conflict(info, name);
    case absl::StatusCode::kOutOfRange:
      return api::Expired("The resourceVersion for the provided list is too old.");
    case absl::StatusCode::kFailedPrecondition:
      return api::WithCause(api::Timeout("Too large resource version"), "ResourceVersionTooLarge", "",
                            "Too large resource version");
    case absl::StatusCode::kResourceExhausted:  // the disk is full
    case absl::StatusCode::kUnavailable:
      return api::ServiceUnavailable(absl::StrCat("the store is not available: ", status.message()));
    default:
      return api::InternalError(status.message());
  }
}

absl::StatusOr<api::ObjectPtr> ObjectStore::Decode(const ResourceDef& def, const store::KeyValue& kv) {
  const std::string cache_key = CacheKey(def, kv.key);
  if (api::ObjectPtr cached = cache_.Find(cache_key, kv.mod_revision)) return cached;
  absl::StatusOr<std::unique_ptr<api::Object>> decoded = api::DecodeStored(kv.value);
  if (!decoded.ok() || (*decoded)->GetDescriptor() != def.storage().descriptor) {
    return api::InternalError(absl::StrCat("stored object ", kv.key,
                                           " is damaged or of another kind: ", decoded.status().message(),
                                           "; delete it or restore the database from a backup"));
  }
  std::unique_ptr<api::Object> object = def.from_stored ? def.from_stored(**decoded) : *std::move(decoded);
  api::MutableMeta(object.get())->set_resourceversion(absl::StrCat(kv.mod_revision));
  if (def.set_defaults) def.set_defaults(object.get());
  return cache_.Insert(cache_key, kv.mod_revision, std::move(object), kv.value.size());
}

api::ObjectPtr ObjectStore::Deleted(const ResourceDef& def, absl::string_view store_key, const api::ObjectPtr& last,
                                    store::Revision revision) {
  const std::string cache_key = CacheKey(def, store_key);
  if (api::ObjectPtr cached = cache_.Find(cache_key, revision)) return cached;
  std::unique_ptr<api::Object> object = api::Clone(*last);
  api::MutableMeta(object.get())->set_resourceversion(absl::StrCat(revision));
  const size_t size = object->ByteSizeLong();
  return cache_.Insert(cache_key, revision, std::move(object), size);
}

absl::Status ObjectStore::ReadError(const absl::Status& status, const ResourceDef& def, absl::string_view name,
                                    store::Revision at) {
  if (!absl::IsOutOfRange(status)) return Translate(status, *def.info, name);
  const std::string problem = absl::StrCat("The resourceVersion ", at, " is too old: it is no longer kept");
  return HistoryGone(*store_, problem, clock_.Now());
}

store::Origin ObjectStore::OriginOf(const Request& by) const { return {clock_.Now(), EncodeWriteNote(by)}; }

absl::StatusOr<api::ObjectPtr> ObjectStore::Get(const ResourceDef& def, const api::ObjectKey& key, store::Revision at) {
  absl::StatusOr<store::KeyValue> kv = store_->Get(StoreKey(def.storage(), key), at);
  if (!kv.ok()) return ReadError(kv.status(), def, key.name, at);
  return Decode(def, *kv);
}

absl::StatusOr<ObjectStore::Page> ObjectStore::List(const ResourceDef& def, absl::string_view prefix,
                                                    absl::string_view start, size_t limit, store::Revision at) {
  absl::StatusOr<store::ListResult> listed = store_->List(store::KeyRange::Prefix(prefix).From(start), limit, at);
  if (!listed.ok()) return ReadError(listed.status(), def, "", at);
  Page page;
  page.revision = listed->revision;
  if (listed->more && !listed->items.empty()) page.next = listed->items.back().key + '\0';
  page.items.reserve(listed->items.size());
  for (const store::KeyValue& kv : listed->items) {
    ASSIGN_OR_RETURN(api::ObjectPtr object, Decode(def, kv));
    page.items.push_back(std::move(object));
  }
  return page;
}

absl::StatusOr<api::ObjectPtr> ObjectStore::Write(const ResourceDef& def, std::unique_ptr<api::Object> object,
                                                  store::Revision expected, const Request& by) {
  k8s::meta::v1::ObjectMeta* meta = api::MutableMeta(object.get());
  meta->clear_resourceversion();
  const std::string key = StoreKey(def.storage(), api::KeyOf(*object));
  const std::string value = api::EncodeStored(def.to_stored ? *def.to_stored(*object) : *object);
  store::LeaseId lease = 0;
  if (def.time_to_live > absl::ZeroDuration()) {
    const absl::StatusOr<store::LeaseId> found = leases_->LeaseFor(def.time_to_live);
    if (!found.ok()) return Translate(found.status(), *def.info, meta->name());
    lease = *found;
  }
  absl::StatusOr<store::Revision> revision = store_->Put(key, value, expected, lease, OriginOf(by));
  if (!revision.ok()) return Translate(revision.status(), *def.info, meta->name());
  meta->set_resourceversion(absl::StrCat(*revision));
  return cache_.Insert(CacheKey(def, key), *revision, std::move(object), value.size());
}

absl::StatusOr<api::ObjectPtr> ObjectStore::Create(const ResourceDef& def, std::unique_ptr<api::Object> object,
                                                   const Request& by) {
  return Write(def, std::move(object), 0, by);
}

absl::StatusOr<api::ObjectPtr> ObjectStore::Replace(const ResourceDef& def, std::unique_ptr<api::Object> object,
                                                    store::Revision expected, const Request& by) {
  return Write(def, std::move(object), expected, by);
}

absl::StatusOr<api::ObjectPtr> ObjectStore::Remove(const ResourceDef& def, const api::Object& object,
                                                   store::Revision expected, const Request& by) {
  const std::string key = StoreKey(def.storage(), api::KeyOf(object));
  absl::StatusOr<store::Revision> revision = store_->Delete(key, expected, OriginOf(by));
  if (!revision.ok()) return Translate(revision.status(), *def.info, api::Meta(object).name());
  return Deleted(def, key, api::ObjectPtr(api::Clone(object)), *revision);
}

}  // namespace kubelite::apiserver
