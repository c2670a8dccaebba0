#include "store/store_directory.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "store/files.h"

namespace kubelite::store {
namespace {

// A complete copy that is about to become the database.
std::string RestoredPath(const std::string& directory) { return absl::StrCat(DatabasePath(directory), ".restored"); }

absl::Status ReplaceDatabase(const std::string& directory) {
  const std::string database = DatabasePath(directory);
  if (Exists(database)) {
    const std::string before = absl::StrCat(database, ".before-restore");
    RETURN_IF_ERROR(base::RemoveAll(before));
    RETURN_IF_ERROR(Rename(database, before));
  }
  RETURN_IF_ERROR(Rename(RestoredPath(directory), database));
  return SyncDirectory(directory);
}

}  // namespace

std::string DatabasePath(const std::string& directory) { return absl::StrCat(directory, "/db"); }

std::string LockPath(const std::string& directory) { return absl::StrCat(directory, "/lock"); }

std::string ManifestPath(const std::string& directory) { return absl::StrCat(directory, "/manifest.json"); }

absl::Status PrepareDirectory(const std::string& directory) {
  if (directory.empty()) return absl::InvalidArgumentError("the store directory is not set");
  if (Exists(absl::StrCat(directory, "/CURRENT"))) {
    return absl::FailedPreconditionError(absl::StrCat(
        directory, " holds a RocksDB or LevelDB database that kube-lite did not make; choose another directory"));
  }
  if (Exists(absl::StrCat(directory, "/member"))) {
    return absl::FailedPreconditionError(absl::StrCat(directory, " holds an etcd database; choose another directory"));
  }
  if (Exists(ManifestPath(directory))) {
    return absl::FailedPreconditionError(
        absl::StrCat(directory, " is a checkpoint; restore or fork it into another directory"));
  }
  return base::MakeDirectories(directory, 0700);
}

absl::StatusOr<base::FileLock> LockDirectory(const std::string& directory) {
  absl::StatusOr<base::FileLock> lock = base::FileLock::Acquire(LockPath(directory));
  if (absl::IsFailedPrecondition(lock.status())) {
    return absl::FailedPreconditionError(
        absl::StrCat("the directory is in use: ", lock.status().message(), "; stop that or choose another directory"));
  }
  return lock;
}

absl::Status SwapIn(const std::string& copy, const std::string& directory) {
  RETURN_IF_ERROR(Rename(copy, RestoredPath(directory)));
  RETURN_IF_ERROR(SyncDirectory(directory));
  return ReplaceDatabase(directory);
}

absl::Status FinishRestore(const std::string& directory) {
  const std::string restored = RestoredPath(directory);
  if (!Exists(restored)) return absl::OkStatus();
  return Exists(DatabasePath(directory)) ? base::RemoveAll(restored) : ReplaceDatabase(directory);
}

}  // namespace kubelite::store
