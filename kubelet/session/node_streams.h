#pragma once

#include <functional>
#include <map>
#include <memory>

#include "common/base/executor.h"
#include "kubelet/session/node_session.h"
#include "kubelet/session/stream_handler.h"

namespace kubelite::v1 {
class NodeMessage;
class ServerMessage;
}  // namespace kubelite::v1

namespace kubelite::kubelet {

// The open streams of one connection: turns the server's messages into answers, and keeps account of credit in both
// directions. Knows nothing of gRPC. Belongs to one strand.
class NodeStreams {
 public:
  // What the server may send on a new stream.
  static constexpr int64_t kInitialCredit = 256 << 10;

  using Send = std::function<void(kubelite::v1::NodeMessage message)>;
  using RunBlocking = std::function<void(base::Task task)>;
  // `strand` outlives it. `run_blocking` runs a task elsewhere, soon.
  NodeStreams(StreamSources sources, Send send, RunBlocking run_blocking, base::Strand* strand);
  ~NodeStreams();
  NodeStreams(const NodeStreams&) = delete;

  void Receive(const kubelite::v1::ServerMessage& message);
  size_t size() const { return streams_.size(); }

 private:
  class Port;
  void Open(const kubelite::v1::ServerMessage& message);
  void SendClosed(int64_t id, const absl::Status& status);

  const StreamSources sources_;
  const Send send_;
  const RunBlocking run_blocking_;
  base::Strand* const strand_;
  std::map<int64_t, std::unique_ptr<Port>> streams_;
};

}  // namespace kubelite::kubelet
