#pragma once

namespace kubelite::base {

// For main.cc: blocks the calling thread until SIGINT or SIGTERM, then returns; a second signal exits the process with
// status 130 at once. Call BlockTerminationSignals() before any thread starts. SIGPIPE is ignored.
void BlockTerminationSignals();
void WaitForTerminationSignal();

}  // namespace kubelite::base
