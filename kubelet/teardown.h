#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "kubelet/runtime/runtime.h"

namespace kubelite::kubelet {

// Stops every container of the runtime and removes every pod: static pods last and one by one, the others at once.
// Nothing of them is left but logs. Containers get `grace` after their stop signal. Blocks; for the end of a node, when
// no kubelet runs on it.
absl::Status RemoveAllPods(Runtime* runtime, absl::Duration grace);

}  // namespace kubelite::kubelet
