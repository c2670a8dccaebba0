#pragma once

#include <string>

#include "absl/status/status.h"
#include "store/engine.h"

namespace kubelite::store {

// The files of a store: <directory>/lock and the database in <directory>/db. The level between leaves room for what
// surrounds a database later: manifests of snapshots, a space reserve, a copy being swapped in.
std::string DatabasePath(const std::string& directory);
std::string LockPath(const std::string& directory);

// Makes the directory when absent. FailedPrecondition when it holds another program's database.
absl::Status PrepareDirectory(const std::string& directory);

// Store::Checkpoint. Leaves nothing behind when it fails. AlreadyExists when `directory` exists.
absl::Status CheckpointTo(Engine* engine, const std::string& directory);

}  // namespace kubelite::store
