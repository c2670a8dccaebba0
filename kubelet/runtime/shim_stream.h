#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "kubelet/runtime/runtime.h"
#include "kubelet/shim/protocol.h"
#include "kubelet/transport/event_loop.h"

namespace kubelite::kubelet {

// Streams of a pod's processes, whose descriptors its shim hands over. Opening one blocks for a round trip; errors as
// ShimClient's. They end with Aborted when the shim is gone.
class ShimStreams {
 public:
  // The loop outlives it.
  ShimStreams(std::string pod_directory, absl::Duration timeout, EventLoop* loop)
      : directory_(std::move(pod_directory)), timeout_(timeout), loop_(loop) {}

  // Runs a command beside the container's processes. It is killed, with its process group, when the stream is
  // destroyed.
  absl::StatusOr<std::unique_ptr<RuntimeStream>> Exec(const std::string& container,
                                                      const std::vector<std::string>& command,
                                                      const StreamWishes& wishes,
                                                      RuntimeStream::OnReady on_ready) const;
  // What the container writes from now on, and its input if it has one. ResourceExhausted is the result for a reader
  // that is too slow.
  absl::StatusOr<std::unique_ptr<RuntimeStream>> Attach(const std::string& container, const StreamWishes& wishes,
                                                        RuntimeStream::OnReady on_ready) const;

 private:
  const std::string directory_;
  const absl::Duration timeout_;
  EventLoop* const loop_;
};

}  // namespace kubelite::kubelet
