#pragma once

#include "absl/strings/string_view.h"

namespace kubelite::kubelet {

// Where a pod is in its life on this node.
enum class PodState {
  kWaiting,      // has no sandbox
  kStarting,     // init containers run, or not every container has been started
  kRunning,      // every container has been started
  kTerminating,  // told to stop
  kTerminated,   // nothing runs and nothing will again
};

// The table of legal transitions; a state may always stay as it is. What has begun to terminate never comes back.
bool IsLegalTransition(PodState from, PodState to);
absl::string_view ToString(PodState state);

}  // namespace kubelite::kubelet
