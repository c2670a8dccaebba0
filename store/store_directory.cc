#include "store/store_directory.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"

namespace kubelite::store {
namespace {

bool Exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(std::filesystem::symlink_status(path, error));
}

}  // namespace

std::string DatabasePath(const std::string& directory) { return absl::StrCat(directory, "/db"); }

std::string LockPath(const std::string& directory) { return absl::StrCat(directory, "/lock"); }

absl::Status PrepareDirectory(const std::string& directory) {
  if (directory.empty()) return absl::InvalidArgumentError("the store directory is not set");
  if (Exists(absl::StrCat(directory, "/CURRENT"))) {
    return absl::FailedPreconditionError(absl::StrCat(
        directory, " holds a RocksDB or LevelDB database that kube-lite did not make; choose another directory"));
  }
  if (Exists(absl::StrCat(directory, "/member"))) {
    return absl::FailedPreconditionError(absl::StrCat(directory, " holds an etcd database; choose another directory"));
  }
  return base::MakeDirectories(directory, 0700);
}

absl::Status CheckpointTo(Engine* engine, const std::string& directory) {
  if (Exists(directory)) {
    return absl::AlreadyExistsError(absl::StrCat("checkpoint directory ", directory, " exists; name a new one"));
  }
  RETURN_IF_ERROR(base::MakeDirectories(directory, 0700));
  absl::Status status = engine->Checkpoint(DatabasePath(directory));
  if (!status.ok()) status.Update(base::RemoveAll(directory));
  return status;
}

}  // namespace kubelite::store
