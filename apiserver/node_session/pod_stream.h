#pragma once

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "apiserver/node_session/node_sessions.h"
#include "apiserver/registry/registry.h"

namespace kubelite::apiserver {

// The subresource of a pod that `open` asks for: log, exec, attach or portforward.
absl::string_view StreamSubresource(const kubelite::v1::StreamOpen& open);

// The node of the pod whose streaming subresource the request names. BadRequest when it has none yet.
absl::StatusOr<std::string> FindPodStreamNode(Registry& registry, const Request& request);

// Opens a streaming subresource of a pod on the pod's node: chooses the container when none is named, and refuses
// unknown ones with upstream's texts. The log of a pod without a node is empty; other streams are refused. NotFound
// without the pod, ServiceUnavailable without its node.
absl::StatusOr<std::unique_ptr<NodeStream>> OpenPodStream(Registry& registry, NodeSessions& sessions,
                                                          const Request& request, const kubelite::v1::StreamOpen& open,
                                                          std::function<void()> on_ready);

}  // namespace kubelite::apiserver
