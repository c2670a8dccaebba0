#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/base/executor.h"
#include "kubelet/logs/log_reader.h"
#include "kubelet/session/node_session.h"

namespace kubelite::v1 {
class NodeMessage;
class ServerMessage;
}  // namespace kubelite::v1

namespace kubelite::kubelet {

// The open streams of one connection: turns the server's messages into answers. Knows nothing of gRPC. Belongs to one
// strand.
class LogStreams {
 public:
  using Send = std::function<void(kubelite::v1::NodeMessage message)>;
  // `strand` outlives it.
  LogStreams(NodeSession::FindLog find_log, Send send, base::Strand* strand);
  ~LogStreams();
  LogStreams(const LogStreams&) = delete;

  void Receive(const kubelite::v1::ServerMessage& message);
  size_t size() const { return streams_.size(); }

 private:
  struct Stream {
    std::unique_ptr<LogReader> reader;
    LogTarget target;
    bool follow = false;
    int64_t credit = 0;
    bool waiting = false;  // a later Pump is posted
  };
  void Open(const kubelite::v1::ServerMessage& message);
  void Pump(int64_t id);
  void Finish(int64_t id, const absl::Status& status);

  const NodeSession::FindLog find_log_;
  const Send send_;
  base::Strand* const strand_;
  std::map<int64_t, Stream> streams_;
  // Posted tasks look at it before they touch this object.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kubelite::kubelet
