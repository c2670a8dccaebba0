#pragma once

#include <map>
#include <string>

#include "absl/time/time.h"
#include "kubelet/runtime/runtime.h"

namespace kubelite::kubelet {

// When a container that ended may start again: at once after its first end, then 10 s after it ended, 20 s, ... 300 s;
// from the beginning again after ten minutes without an end. Each container carries the delay that follows it in an
// annotation, so the back-off survives a restart of the kubelet and is a pure function of what the runtime reports.
struct RestartDecision {
  absl::Time not_before;      // start then or later
  absl::Duration delay;       // the delay that is being waited for; zero for an immediate start
  absl::Duration next_delay;  // to be given to the new container
};
// One that was made but never started is started at once, with the delay that it had.
RestartDecision DecideRestart(const Container& ended);

void SetRestartDelay(absl::Duration delay, std::map<std::string, std::string>* annotations);

}  // namespace kubelite::kubelet
