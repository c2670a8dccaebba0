#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "store/engine.h"

namespace kubelite::store {

// Store::Checkpoint: the engine's copy, and the manifest, which comes last: a copy without one is no checkpoint. Leaves
// nothing behind when it fails. AlreadyExists when `directory` exists.
absl::Status WriteCheckpoint(Engine* engine, const std::string& directory, absl::Time now);

}  // namespace kubelite::store
