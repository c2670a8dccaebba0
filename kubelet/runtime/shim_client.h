#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "kubelet/shim/protocol.h"
#include "kubelet/transport/event_loop.h"

namespace kubelite::kubelet {

struct ShimOptions {
  std::string shim_path;  // the program
  int64_t log_max_size = 10 << 20;
  int log_max_files = 5;
  absl::Duration timeout = absl::Seconds(10);  // of one round trip
};

// Starts the shim of a pod in its directory. Returns once it answers on its socket. `keep_fd` (or -1) stays open in it.
absl::Status StartShim(const ShimOptions& options, const std::string& pod_directory, int keep_fd);

// A client of the shim that serves `pod_directory`. Each call is one connection and blocks until the reply: NotFound
// when no shim listens, Unavailable when it does not answer, Aborted when it closes the connection (it dies, perhaps),
// Internal with the shim's text when it refuses.
// Thread-safe.
class ShimClient {
 public:
  explicit ShimClient(std::string pod_directory, absl::Duration timeout = ShimOptions().timeout)
      : directory_(std::move(pod_directory)), timeout_(timeout) {}

  absl::StatusOr<shim::ContainerState> Start(const shim::StartRequest& request) const;
  // With an old shim that has no input and terminals, it starts without them.
  absl::StatusOr<shim::ContainerState> Start(const shim::StartInteractive& request) const;
  absl::Status Stop(const std::string& id, absl::Duration grace) const;
  absl::Status Remove(const std::string& id) const;
  absl::StatusOr<shim::ExecResult> Exec(const shim::ExecRequest& request) const;
  absl::StatusOr<std::vector<shim::ContainerState>> States() const;
  // Ends every process of the pod and the shim. Takes at most twice the timeout.
  absl::Status Shutdown() const;

 private:
  absl::StatusOr<std::string> Call(const std::string& request, shim::MessageType expected,
                                   absl::Duration timeout) const;

  const std::string directory_;
  const absl::Duration timeout_;
};

// Exits of a pod's containers as they happen. Both callbacks run on the loop's thread and must not block; `on_lost` is
// the last: the shim, or the connection, is gone.
class ShimSubscription {
 public:
  struct Callbacks {
    std::function<void(const shim::ContainerState&)> on_exit;
    std::function<void()> on_lost;
  };
  // Blocks until the shim has told the present states, which go to `states`; no exit after them is missed. Errors as
  // ShimClient's.
  static absl::StatusOr<std::unique_ptr<ShimSubscription>> Open(const std::string& pod_directory,
                                                                absl::Duration timeout, EventLoop* loop,
                                                                Callbacks callbacks,
                                                                std::vector<shim::ContainerState>* states);
  // No callback runs afterwards. Not to be called from a callback.
  ~ShimSubscription();

 private:
  ShimSubscription(int fd, EventLoop* loop, Callbacks callbacks)
      : fd_(fd), loop_(loop), callbacks_(std::move(callbacks)) {}
  void OnReadable();
  void DeliverFrames();

  const int fd_;
  EventLoop* const loop_;
  const Callbacks callbacks_;
  shim::FrameBuffer buffer_;
};

}  // namespace kubelite::kubelet
