#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/file.h"
#include "store/engine.h"

namespace kubelite::store {

// Opens or creates the RocksDB database in the directory `path` (its parent exists) and holds `lock` while it is open.
// FailedPrecondition for a database of another program, DataLoss for a damaged one.
absl::StatusOr<std::unique_ptr<Engine>> OpenRocksDbEngine(const std::string& path, base::FileLock lock);

// A copy that Engine::Checkpoint has made.
struct RocksDbCopy {
  std::unique_ptr<Engine> engine;                // for reading
  std::map<std::string, std::string> checksums;  // of those files that were hashed while they were written, by name
};
// Opens it and changes nothing. DataLoss when damaged.
absl::StatusOr<RocksDbCopy> InspectRocksDb(const std::string& path);

}  // namespace kubelite::store
