#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "kubelite/v1/store.pb.h"
#include "store/store.h"

namespace kubelite::apiserver {

// The store under the API for administrators: raw keys, figures, snapshots. Knows nothing of objects. Thread-safe;
// calls block on the store and the disk. Errors are api:: errors.
class StoreAdmin {
 public:
  struct Options {
    store::Store* store = nullptr;       // outlives this
    const base::Clock* clock = nullptr;  // outlives this
    std::string snapshot_dir;            // where snapshots are written; empty: nowhere
  };
  explicit StoreAdmin(Options options) : options_(std::move(options)) {}

  absl::StatusOr<kubelite::v1::ListKeysResponse> ListKeys(const kubelite::v1::ListKeysRequest& request);
  absl::StatusOr<kubelite::v1::StoredValue> GetKey(const kubelite::v1::GetKeyRequest& request);
  absl::StatusOr<kubelite::v1::StoreStats> GetStats();
  // Writes a consistent copy of the store while writes go on.
  absl::StatusOr<kubelite::v1::Snapshot> SaveSnapshot(const kubelite::v1::SaveSnapshotRequest& request);

 private:
  absl::Status ReadError(const absl::Status& status, absl::string_view key, store::Revision revision);

  const Options options_;
};

}  // namespace kubelite::apiserver
