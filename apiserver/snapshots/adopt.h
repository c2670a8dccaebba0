#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "store/store.h"

namespace kubelite::apiserver {

// Makes a store that began as a copy of another cluster's, or of an earlier time, that of a cluster with `nodes`, in
// one step and before any component of it runs:
// - nodes that are not of this cluster go, and the leases of all nodes and of all elected leaders: their holders are
//   elsewhere or long gone, and nobody should wait for them;
// - pods on nodes that went are to be scheduled anew, as they are; those that only make sense on their node (mirror
//   pods, pods of daemon sets) and those being deleted go. Finished pods stay as they ended.
// Everything else is the same in both clusters. Does nothing when nothing is to be done. Blocks on the store.
absl::Status AdoptStore(store::Store& store, const std::vector<std::string>& nodes, absl::Time now);

}  // namespace kubelite::apiserver
