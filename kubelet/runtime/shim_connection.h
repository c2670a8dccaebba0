#pragma once

// Blocking connections to a shim, for the files of this folder that speak its protocol.

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "kubelet/shim/descriptors.h"
#include "kubelet/shim/protocol.h"

namespace kubelite::kubelet {

// The connected descriptor. NotFound when no shim listens, Unavailable when it takes no connections.
absl::StatusOr<int> ConnectToShim(const std::string& pod_directory, absl::Duration timeout);

// `fds` go along and stay the caller's. Aborted when the shim has closed the connection, else Unavailable.
absl::Status SendToShim(int fd, const std::string& frame, const std::vector<int>& fds = {});

// The next frame; descriptors that came along are added to `fds`, unless it is null. Errors as SendToShim.
absl::StatusOr<std::string> ReadShimFrame(int fd, shim::FrameBuffer* buffer, std::vector<shim::Fd>* fds = nullptr);

}  // namespace kubelite::kubelet
