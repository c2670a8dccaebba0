#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/image/manifest.h"
#include "kubelet/runtime/checkpoint.h"
#include "kubelet/runtime/runtime.h"
#include "kubelet/shim/protocol.h"

namespace kubelite::kubelet {

// The process that a container is, from the image's and the container's settings: pure. `effective_uid` is the
// kubelet's. InvalidArgument when there is nothing to run; FailedPrecondition when the user cannot be changed without
// root.
absl::StatusOr<shim::Process> MakeProcess(const image::Manifest& image, const ContainerConfig& config,
                                          const SandboxRecord& sandbox, const std::string& pod_directory,
                                          uint32_t effective_uid);

}  // namespace kubelite::kubelet
