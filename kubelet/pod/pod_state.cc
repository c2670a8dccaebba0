#include "kubelet/pod/pod_state.h"

namespace kubelite::kubelet {

bool IsLegalTransition(PodState from, PodState to) {
  constexpr bool kLegal[5][5] = {
      // to: Waiting, Starting, Running, Terminating, Terminated
      {true, true, true, true, true},      // from Waiting
      {true, true, true, true, true},      // from Starting: back to Waiting when the sandbox is lost
      {true, true, true, true, true},      // from Running: Starting again in a new sandbox
      {false, false, false, true, true},   // from Terminating
      {false, false, false, false, true},  // from Terminated
  };
  return kLegal[static_cast<int>(from)][static_cast<int>(to)];
}

absl::string_view ToString(PodState state) {
  constexpr absl::string_view kNames[] = {"Waiting", "Starting", "Running", "Terminating", "Terminated"};
  return kNames[static_cast<int>(state)];
}

}  // namespace kubelite::kubelet
