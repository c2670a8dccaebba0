#pragma once

#include "absl/status/statusor.h"
#include "kubelet/runtime/runtime.h"
#include "kubelet/session/node_session.h"
#include "kubelet/worker/pod_table.h"

namespace k8s::core::v1 {
class Pod;
}

namespace kubelite::kubelet {

// The log file that a log request names, with upstream's errors: NotFound for an unknown pod, BadRequest for a
// container that is unknown, not given though there are several, has not run yet, or has no previous run.
absl::StatusOr<LogTarget> FindLog(const kubelite::v1::StreamOpen& open, const PodTable& table, Runtime* runtime);

// The container to talk to: the one that was asked for, or the only one. BadRequest otherwise, in upstream's words.
absl::StatusOr<std::string> ContainerToStream(const k8s::core::v1::Pod& pod, const std::string& asked);

}  // namespace kubelite::kubelet
