#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/file.h"

namespace kubelite::store {

// The files around a database. A store: <directory>/lock and the database in <directory>/db, and what a restore puts
// beside it. A checkpoint: <directory>/manifest.json and <directory>/db.
std::string DatabasePath(const std::string& directory);
std::string LockPath(const std::string& directory);
std::string ManifestPath(const std::string& directory);

// Makes the directory when absent. FailedPrecondition when it holds another program's database or is a checkpoint.
absl::Status PrepareDirectory(const std::string& directory);
// FailedPrecondition names the holder.
absl::StatusOr<base::FileLock> LockDirectory(const std::string& directory);

// Makes `copy`, a complete database in `directory`, the database of the store; what was there becomes
// db.before-restore. The lock must be held. If the process dies on the way, the next FinishRestore decides: the swap is
// finished when it had begun, and as if it had never been otherwise.
absl::Status SwapIn(const std::string& copy, const std::string& directory);
absl::Status FinishRestore(const std::string& directory);

}  // namespace kubelite::store
