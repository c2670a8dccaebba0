#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/engine.h"
#include "store/plan.h"

namespace kubelite::store {

// What an engine holds, in short.
struct DurableState {
  LogTail tail;
  Revision compacted = 0;
  Revision swept = 0;
};
// Reads it. FailedPrecondition for a foreign, newer or older database, NotFound for an empty one, DataLoss for damage.
absl::StatusOr<DurableState> ReadDurableState(Engine* engine);
// Marks an empty engine as a store of this format.
absl::Status WriteFormat(Engine* engine);

}  // namespace kubelite::store
