#pragma once

// The state file of a container, kept by the shim and read by the kubelet when the shim is gone: lines of key=value.
// Standard library only.

#include <cstdlib>
#include <string>

#include "kubelet/shim/protocol.h"

namespace kubelite::kubelet::shim {

inline std::string FormatRecord(const ContainerState& s) {
  return "pid=" + std::to_string(s.pid) + "\nrunning=" + std::to_string(s.running) +
         "\nstarted=" + std::to_string(s.started_ns) + "\nfinished=" + std::to_string(s.finished_ns) +
         "\nexit_code=" + std::to_string(s.exit_code) + "\nsignal=" + std::to_string(s.signal) + "\n";
}

// False when a field is missing (a torn file). The id is not in the file: its name tells it.
inline bool ParseRecord(const std::string& text, ContainerState* s) {
  const auto field = [&text](const std::string& key, int64_t* value) {
    const size_t at = ("\n" + text).find("\n" + key + "=");
    if (at == std::string::npos) return false;
    *value = strtoll(text.c_str() + at + key.size() + 1, nullptr, 10);
    return true;
  };
  int64_t pid, running, exit_code, signal;
  if (!field("pid", &pid) || !field("running", &running) || !field("started", &s->started_ns) ||
      !field("finished", &s->finished_ns) || !field("exit_code", &exit_code) || !field("signal", &signal)) {
    return false;
  }
  s->pid = static_cast<int32_t>(pid);
  s->running = running != 0;
  s->exit_code = static_cast<int32_t>(exit_code);
  s->signal = static_cast<int32_t>(signal);
  return true;
}

}  // namespace kubelite::kubelet::shim
