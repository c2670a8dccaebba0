#include "store/checkpoint_writer.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errno_status.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "store/checkpoint.h"
#include "store/checkpoint_manifest.h"
#include "store/durable_state.h"
#include "store/files.h"
#include "store/rocksdb_engine.h"
#include "store/store_directory.h"

namespace kubelite::store {
namespace {

absl::StatusOr<CheckpointManifest> Describe(const std::string& database, absl::Time now) {
  ASSIGN_OR_RETURN(const RocksDbCopy copy, InspectRocksDb(database));
  ASSIGN_OR_RETURN(const DurableState state, ReadDurableState(copy.engine.get()));
  CheckpointManifest manifest;
  manifest.revision = state.tail.revision;
  manifest.compacted = state.compacted;
  manifest.created = now;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(database, error)) {
    CheckpointFile file;
    file.name = entry.path().filename();
    ASSIGN_OR_RETURN(file.bytes, FileBytes(entry.path()));
    if (const auto known = copy.checksums.find(file.name); known != copy.checksums.end()) {
      file.checksum = known->second;
    } else {
      ASSIGN_OR_RETURN(file.checksum, HashFile(entry.path()));
    }
    manifest.files.push_back(std::move(file));
  }
  if (error) return base::ErrnoStatus(error.value(), absl::StrCat("reading ", database));
  std::sort(manifest.files.begin(), manifest.files.end(),
            [](const CheckpointFile& a, const CheckpointFile& b) { return a.name < b.name; });
  return manifest;
}

absl::Status CopyAndDescribe(Engine* engine, const std::string& directory, absl::Time now) {
  RETURN_IF_ERROR(base::MakeDirectories(directory, 0700));
  RETURN_IF_ERROR(engine->Checkpoint(DatabasePath(directory)));
  ASSIGN_OR_RETURN(const CheckpointManifest manifest, Describe(DatabasePath(directory), now));
  return base::WriteFileAtomically(ManifestPath(directory), FormatCheckpointManifest(manifest), 0600);
}

}  // namespace

absl::Status WriteCheckpoint(Engine* engine, const std::string& directory, absl::Time now) {
  if (Exists(directory)) {
    return absl::AlreadyExistsError(absl::StrCat("checkpoint directory ", directory, " exists; name a new one"));
  }
  absl::Status status = CopyAndDescribe(engine, directory, now);
  if (!status.ok()) status.Update(base::RemoveAll(directory));
  return status;
}

}  // namespace kubelite::store
