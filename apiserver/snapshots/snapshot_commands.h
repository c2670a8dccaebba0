#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"

namespace kubelite::apiserver {

// `kube-lite-apiserver snapshot ls|verify|restore|fork`: work on saved copies of a store that no server has open. What
// they print is for kubectl-lite: one line of JSON per snapshot, {"name", "revision", "createdMicros", "bytes"}, or
// {"name", "problem"} for one that cannot be read. All block on the disk; errors name the file or flag and the remedy.
struct SnapshotOptions {
  std::string snapshot_dir;        // --snapshot-dir of ls
  std::string from;                // --from: the snapshot's directory
  std::string data_dir;            // --data-dir of restore and fork
  std::vector<std::string> nodes;  // --nodes of restore and fork: all nodes of the cluster that goes on with it
};

absl::StatusOr<std::string> ListSnapshots(const SnapshotOptions& options);
// Reads every file.
absl::StatusOr<std::string> VerifySnapshot(const SnapshotOptions& options);
// Puts the snapshot in place of the store in data_dir; what was there is kept beside it.
absl::StatusOr<std::string> RestoreSnapshot(const SnapshotOptions& options, const base::Clock& clock);
// Makes data_dir, absent or empty, a store of its own that begins as the snapshot. Leaves nothing behind when it fails.
absl::StatusOr<std::string> ForkSnapshot(const SnapshotOptions& options, const base::Clock& clock);

}  // namespace kubelite::apiserver
