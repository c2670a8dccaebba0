#pragma once

// Builders for what the kubelet's tests need beside common/api/testing: what a runtime reports.

#include <string>

#include "kubelet/runtime/runtime.h"

namespace kubelite::kubelet::testing {

inline Sandbox MakeSandbox(const std::string& uid, bool ready = true, int attempt = 0) {
  Sandbox sandbox;
  sandbox.id = uid + "/" + std::to_string(attempt);
  sandbox.uid = uid;
  sandbox.name_space = "default";
  sandbox.name = "p";
  sandbox.attempt = attempt;
  sandbox.ready = ready;
  sandbox.ip = "127.64.0.1";
  return sandbox;
}

// Running since `at`.
inline Container Running(const std::string& sandbox_id, const std::string& name, absl::Time at, int attempt = 0) {
  Container container;
  container.id = sandbox_id.substr(0, sandbox_id.find('/')) + "/" + name + "/" + std::to_string(attempt);
  container.sandbox_id = sandbox_id;
  container.name = name;
  container.attempt = attempt;
  container.state = ContainerState::kRunning;
  container.created_at = at;
  container.started_at = at;
  container.image = "hello:1";
  container.image_id = "sha256:1";
  return container;
}

// Ran for a second and ended at `at`.
inline Container Exited(const std::string& sandbox_id, const std::string& name, int code, absl::Time at,
                        int attempt = 0) {
  Container container = Running(sandbox_id, name, at - absl::Seconds(1), attempt);
  container.state = ContainerState::kExited;
  container.finished_at = at;
  container.exit_code = code;
  container.reason = code == 0 ? "Completed" : "Error";
  return container;
}

}  // namespace kubelite::kubelet::testing
