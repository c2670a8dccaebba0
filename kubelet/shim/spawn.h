#pragma once

#include <string>

#include "kubelet/shim/protocol.h"

namespace kubelite::kubelet::shim {

// Why a process could not be started.
struct SpawnFailure {
  int error = 0;  // errno
  std::string text;
};

// Starts `process` as the leader of a new process group with standard input from /dev/null, and the given descriptors
// as standard output and error. It dies with its parent (PDEATHSIG). Uses vfork, so starting costs the same however
// large the parent is. Returns the PID, or -1 with `failure` filled in; exec failures are found before it returns.
pid_t Spawn(const Process& process, int stdout_fd, int stderr_fd, SpawnFailure* failure);

}  // namespace kubelite::kubelet::shim
