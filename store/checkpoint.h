#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "store/store.h"

namespace kubelite::store {

// A checkpoint is a directory that Store::Checkpoint wrote: <dir>/manifest.json and <dir>/db. None of these functions
// needs an open store.

struct CheckpointFile {
  std::string name;  // relative to <dir>/db
  int64_t bytes = 0;
  std::string checksum;  // "xxh3:<hex>" of the file's bytes
};
struct CheckpointManifest {
  int format = 0;  // of the manifest; a newer one is refused
  Revision revision = 0;
  Revision compacted = 0;
  absl::Time created;
  std::vector<CheckpointFile> files;
};

// Reads the manifest only. DataLoss when it is damaged, FailedPrecondition when it is newer or no checkpoint is there;
// each names the file and the remedy.
absl::StatusOr<CheckpointManifest> ReadCheckpointManifest(const std::string& dir);
// Also reads every file. DataLoss names the first file that is missing, too short, changed, or unknown to the manifest.
absl::StatusOr<CheckpointManifest> VerifyCheckpoint(const std::string& dir);
// Verifies all of `dir`, copies it beside `store_directory` and swaps it in; what was there is kept as
// `<store_directory>/db.before-restore`. Nothing is changed when anything is wrong. The store must not be open
// (FailedPrecondition names the holder).
absl::Status RestoreCheckpoint(const std::string& dir, const std::string& store_directory);
// Makes the absent or empty `store_directory` a store of its own that starts as the checkpoint: immutable files are
// hard-linked (copied across filesystems), so it takes milliseconds whatever the size. Checks names and sizes only.
absl::Status ForkCheckpoint(const std::string& dir, const std::string& store_directory);

}  // namespace kubelite::store
