#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/executor.h"
#include "common/base/random.h"
#include "kubelet/runtime/stream.h"

namespace grpc {
class Channel;
}
namespace kubelite::v1 {
class StreamOpen;
}

namespace kubelite::kubelet {

// The log a stream asked for.
struct LogTarget {
  std::string path;               // of the newest file
  std::function<bool()> running;  // a followed log ends when its container does
};

// Finds what an open request names: an api:: error otherwise.
struct StreamSources {
  // Called on the session's strand; may block on the disk only.
  std::function<absl::StatusOr<LogTarget>(const kubelite::v1::StreamOpen& open)> find_log;
  // Commands, attached containers and forwarded ports. Called on the executor, several at once; may block.
  std::function<absl::StatusOr<std::unique_ptr<RuntimeStream>>(const kubelite::v1::StreamOpen& open,
                                                               RuntimeStream::OnReady on_ready)>
      open_stream;
};

// The node's one outgoing stream to the API server, over which logs are read, commands run and ports are forwarded.
// Reconnects with jittered back-off; when the connection is lost its streams end. Sends only while the reader has given
// credit, and grants credit only for what was taken, so that neither a slow reader nor a slow command costs memory.
// Everything but gRPC's callbacks and the opening of streams runs on a strand of the executor.
class NodeSession {
 public:
  NodeSession(std::shared_ptr<grpc::Channel> channel, std::string node, StreamSources sources, base::Executor* executor,
              base::Random* random);
  ~NodeSession();  // Stop()
  NodeSession(const NodeSession&) = delete;
  void Start();
  // Ends the connection and its streams; blocks until gRPC has let go of them and nothing is being opened. Not to be
  // called on the executor's last thread.
  void Stop();

  struct State;  // defined in the .cc

 private:
  std::shared_ptr<State> state_;
};

}  // namespace kubelite::kubelet
