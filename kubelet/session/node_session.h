#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/executor.h"
#include "common/base/random.h"

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

// The node's one outgoing stream to the API server, over which logs are read. Reconnects with jittered back-off; when
// the connection is lost its streams end. Sends only while the reader has given credit, so that a slow reader costs no
// memory. Everything but gRPC's callbacks runs on a strand of the executor; finding and reading logs blocks on the disk
// only.
class NodeSession {
 public:
  // Finds what an open request names: an api:: error otherwise. Called on the session's strand.
  using FindLog = std::function<absl::StatusOr<LogTarget>(const kubelite::v1::StreamOpen& open)>;

  NodeSession(std::shared_ptr<grpc::Channel> channel, std::string node, FindLog find_log, base::Executor* executor,
              base::Random* random);
  ~NodeSession();  // Stop()
  NodeSession(const NodeSession&) = delete;
  void Start();
  // Ends the connection and its streams; blocks until gRPC has let go of them. Not to be called on the executor's last
  // thread.
  void Stop();

  struct State;  // defined in the .cc

 private:
  std::shared_ptr<State> state_;
};

}  // namespace kubelite::kubelet
