#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "store/checkpoint.h"

namespace kubelite::store {

// The text of <dir>/manifest.json. Pure functions.

// JSON that ends with a checksum of what it says.
std::string FormatCheckpointManifest(const CheckpointManifest& manifest);
// FailedPrecondition for a newer format, DataLoss for anything that FormatCheckpointManifest does not write, but white
// space; both name `path` and the remedy. File names never lead out of a directory.
absl::StatusOr<CheckpointManifest> ParseCheckpointManifest(absl::string_view json, absl::string_view path);

}  // namespace kubelite::store
