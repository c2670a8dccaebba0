#pragma once

#include <string>

#include "kubelet/shim/protocol.h"

namespace kubelite::kubelet::shim {

// Why a process could not be started.
struct SpawnFailure {
  int error = 0;  // errno
  std::string text;
};

// The standard streams of a process; the descriptors stay the caller's.
struct StandardStreams {
  int in = -1;  // -1: /dev/null
  int out = -1;
  int err = -1;
  bool tty = false;  // all are one terminal, which becomes the controlling one of a new session
};

// Starts `process` as the leader of a new process group, with the given streams. It dies with its parent (PDEATHSIG).
// Uses vfork, so starting costs the same however large the parent is. Returns the PID, or -1 with `failure` filled in;
// exec failures are found before it returns.
pid_t Spawn(const Process& process, const StandardStreams& streams, SpawnFailure* failure);

}  // namespace kubelite::kubelet::shim
