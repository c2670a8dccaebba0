#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "kubelet/runtime/runtime.h"

namespace kubelite::kubelet {

// What the process runtime keeps on disk to find its pods again:
//   <root>/pods/<uid>/sandbox.json
//   <root>/pods/<uid>/shim.sock, shim.pid            (the shim's)
//   <root>/pods/<uid>/<container>/<attempt>.json     Container
//   <root>/pods/<uid>/<container>/<attempt>.state    (the shim's; kubelet/shim/record.h)
// Environment variables are never written: they may hold secrets.

struct SandboxRecord {
  Sandbox sandbox;  // without `ready`
  std::string hostname;
  bool host_network = false;
};

std::string FormatSandbox(const SandboxRecord& record);
absl::StatusOr<SandboxRecord> ParseSandbox(absl::string_view json);
// The state is kept only when the shim does not know it: reason StartError or ContainerStatusUnknown.
std::string FormatContainer(const Container& container);
absl::StatusOr<Container> ParseContainer(absl::string_view json);

// Replaces `path` atomically as seen by other processes. Not synced: after a power cut nothing of a pod runs any more,
// and a torn checkpoint is dropped.
absl::Status WriteCheckpoint(const std::string& path, absl::string_view text);

}  // namespace kubelite::kubelet
