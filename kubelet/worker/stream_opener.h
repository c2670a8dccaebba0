#pragma once

#include "absl/status/statusor.h"
#include "kubelet/runtime/runtime.h"
#include "kubelet/worker/pod_table.h"

namespace kubelite::v1 {
class StreamOpen;
}

namespace kubelite::kubelet {

// The command, attachment or connection that an open request names. NotFound for an unknown pod, BadRequest for an
// unknown container, InternalError when it does not run; otherwise the runtime's errors. Blocks as the runtime does.
absl::StatusOr<std::unique_ptr<RuntimeStream>> OpenRuntimeStream(const kubelite::v1::StreamOpen& open,
                                                                 const PodTable& table, Runtime* runtime,
                                                                 RuntimeStream::OnReady on_ready);

}  // namespace kubelite::kubelet
