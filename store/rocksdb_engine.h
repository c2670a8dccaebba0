#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/file.h"
#include "store/engine.h"

namespace kubelite::store {

// Opens or creates the RocksDB database in the directory `path` (its parent exists) and holds `lock` while it is open.
// FailedPrecondition for a database of another program, DataLoss for a damaged one.
absl::StatusOr<std::unique_ptr<Engine>> OpenRocksDbEngine(const std::string& path, base::FileLock lock);

}  // namespace kubelite::store
