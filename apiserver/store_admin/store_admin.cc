#include "apiserver/store_admin/store_admin.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "apiserver/registry/moments.h"
#include "apiserver/registry/object_store.h"
#include "apiserver/registry/write_note.h"
#include "common/api/errors.h"
#include "common/api/names.h"
#include "common/api/time.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "k8s/meta/v1.pb.h"
#include "store/checkpoint.h"

namespace kubelite::apiserver {
namespace {

using kubelite::v1::KeyInfo;

constexpr int64_t kPage = 500;

void FillInfo(const store::KeyValue& kv, KeyInfo* info) {
  info->set_key(kv.key);
  info->set_create_revision(kv.create_revision);
  info->set_mod_revision(kv.mod_revision);
  info->set_version(kv.version);
  if (kv.lease != 0) info->set_lease(kv.lease);
  info->set_value_bytes(static_cast<int64_t>(kv.value.size()));
}

absl::Status CheckName(const std::string& name) {
  const std::vector<std::string> problems = api::ValidateDns1123Subdomain(name);
  if (problems.empty()) return absl::OkStatus();
  return api::BadRequest(absl::StrCat("snapshot name \"", name, "\": ", absl::StrJoin(problems, "; ")));
}

}  // namespace

absl::Status StoreAdmin::ReadError(const absl::Status& status, absl::string_view key, store::Revision revision) {
  const absl::Time now = options_.clock->Now();
  if (absl::IsOutOfRange(status)) {
    return HistoryGone(*options_.store, absl::StrCat("revision ", revision, " is no longer kept"), now);
  }
  if (absl::IsNotFound(status)) {
    k8s::meta::v1::Status missing;
    missing.set_status("Failure");
    missing.set_reason("NotFound");
    missing.set_code(404);
    missing.set_message(absl::StrCat("there is no key \"", key, "\"", revision == 0 ? "" : " at that revision"));
    return api::FromApiStatus(missing);
  }
  return ObjectStore::Translate(status, api::ResourceInfo(), key);
}

absl::StatusOr<kubelite::v1::ListKeysResponse> StoreAdmin::ListKeys(const kubelite::v1::ListKeysRequest& request) {
  const int64_t limit = request.limit() <= 0 ? kPage : std::min(request.limit(), kPage);
  const absl::StatusOr<store::ListResult> listed = options_.store->List(
      store::KeyRange::Prefix(request.prefix()).From(request.start()), static_cast<size_t>(limit), request.revision());
  if (!listed.ok()) return ReadError(listed.status(), request.prefix(), request.revision());
  kubelite::v1::ListKeysResponse response;
  response.set_revision(listed->revision);
  for (const store::KeyValue& kv : listed->items) FillInfo(kv, response.add_keys());
  if (listed->more) response.set_next(listed->items.back().key + '\0');
  return response;
}

absl::StatusOr<kubelite::v1::StoredValue> StoreAdmin::GetKey(const kubelite::v1::GetKeyRequest& request) {
  absl::StatusOr<store::KeyValue> kv = options_.store->Get(request.key(), request.revision());
  if (!kv.ok()) return ReadError(kv.status(), request.key(), request.revision());
  kubelite::v1::StoredValue response;
  FillInfo(*kv, response.mutable_info());
  // The write itself may be forgotten while its value stays.
  const absl::StatusOr<std::vector<store::Change>> write = options_.store->History(request.key(), 1, kv->mod_revision);
  if (write.ok() && !write->empty() && write->front().event->revision() == kv->mod_revision) {
    api::ToProto(write->front().origin.time, response.mutable_time());
    *response.mutable_by() = DecodeWriteNote(write->front().origin.note);
  }
  response.set_value(std::move(kv->value));
  return response;
}

absl::StatusOr<kubelite::v1::StoreStats> StoreAdmin::GetStats() {
  const absl::StatusOr<store::Stats> stats = options_.store->GetStats();
  if (!stats.ok()) return ReadError(stats.status(), "", 0);
  const absl::StatusOr<int64_t> keys = options_.store->Count(store::KeyRange::All());
  if (!keys.ok()) return ReadError(keys.status(), "", 0);
  const client::Moment oldest = OldestMoment(*options_.store, options_.clock->Now());
  kubelite::v1::StoreStats response;
  response.set_revision(stats->current);
  response.set_oldest_revision(oldest.revision);
  api::ToProto(oldest.time, response.mutable_oldest_time());
  response.set_keys(*keys);
  response.set_disk_bytes(stats->disk_bytes);
  response.set_history_bytes(stats->history_bytes);
  response.set_watchers(stats->watchers);
  response.set_leases(stats->leases);
  response.set_refuses_writes(stats->refuses_puts);
  return response;
}

absl::StatusOr<kubelite::v1::Snapshot> StoreAdmin::SaveSnapshot(const kubelite::v1::SaveSnapshotRequest& request) {
  if (options_.snapshot_dir.empty()) {
    return api::BadRequest("this API server keeps no snapshots; start it with --snapshot-dir");
  }
  const absl::Time now = options_.clock->Now();
  const std::string name =
      request.name().empty() ? absl::FormatTime("%Y%m%d-%H%M%S", now, absl::UTCTimeZone()) : request.name();
  RETURN_IF_ERROR(CheckName(name));
  RETURN_IF_ERROR(base::MakeDirectories(options_.snapshot_dir, 0700));
  const std::string directory = absl::StrCat(options_.snapshot_dir, "/", name);
  const absl::Status saved = options_.store->Checkpoint(directory, now);
  if (!saved.ok()) return api::ServiceUnavailable(absl::StrCat("snapshot \"", name, "\": ", saved.message()));
  ASSIGN_OR_RETURN(const store::CheckpointManifest manifest, store::ReadCheckpointManifest(directory));
  kubelite::v1::Snapshot response;
  response.set_name(name);
  response.set_directory(directory);
  response.set_revision(manifest.revision);
  api::ToProto(manifest.created, response.mutable_created());
  int64_t bytes = 0;
  for (const store::CheckpointFile& file : manifest.files) bytes += file.bytes;
  response.set_bytes(bytes);
  return response;
}

}  // namespace kubelite::apiserver
