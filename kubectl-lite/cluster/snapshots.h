#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "kubectl-lite/cluster/cluster.h"
#include "kubectl-lite/cluster/layout.h"

namespace kubelite::cli {

// Snapshots of a local cluster's store: directories below its data directory. The files are the store's business, so
// kube-lite-apiserver of `binaries` ("": where kubectl-lite itself is) works on them, as a child process; see
// docs/decisions/0004. Saving is the running API server's. All block.

struct Snapshot {
  std::string name;
  int64_t revision = 0;
  absl::Time created;
  int64_t bytes = 0;
  std::string problem;  // why it cannot be read; then the rest is empty
};
// By name. None when nothing was saved yet.
absl::StatusOr<std::vector<Snapshot>> ListSnapshots(const Layout& layout, const std::string& binaries);
// Reads every byte. DataLoss names the first file that is not as it was saved.
absl::StatusOr<Snapshot> VerifySnapshot(const std::string& directory, const std::string& binaries);

// A snapshot of the cluster by its name, or any by its directory. NotFound with what there is.
absl::StatusOr<std::string> SnapshotDirectory(const Layout& layout, const std::string& name_or_directory);
// The same when no cluster is given: the current one's, else that of the only cluster that has the name.
absl::StatusOr<std::string> FindSnapshot(const std::string& name_or_directory);

// Puts the snapshot in place of the store of a cluster that does not run; what was there is kept beside it.
// FailedPrecondition with the remedy when the cluster runs.
absl::StatusOr<Snapshot> RestoreSnapshot(const Layout& layout, const std::string& directory,
                                         const std::string& binaries);
// Makes the store of a new cluster begin as the snapshot, for the nodes of `record`.
absl::StatusOr<Snapshot> ForkSnapshot(const Layout& layout, const ClusterRecord& record, const std::string& directory,
                                      const std::string& binaries);

}  // namespace kubelite::cli
