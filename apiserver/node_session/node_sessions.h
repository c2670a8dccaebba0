#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/mutex.h"

namespace kubelite::v1 {
class NodeMessage;
class ServerMessage;
class StreamData;
class StreamOpen;
}  // namespace kubelite::v1

namespace kubelite::apiserver {

// The server's end of one stream (log, exec, attach, portforward) to a node. Bytes wait in a bounded buffer: the node
// may only send what it has credit for, and gets new credit as the reader takes bytes out; the other way round
// likewise. One reader and one writer at a time; destroying it closes the stream on the node.
class NodeStream {
 public:
  struct Chunk {
    int channel = 1;
    std::string data;
    bool end = false;  // nothing more follows on this channel
  };
  static constexpr int kTerminalSizeChannel = 4;  // its data needs no credit
  virtual ~NodeStream() = default;
  // What has arrived; never blocks. OutOfRange at the regular end, otherwise the error that ended the stream; both only
  // after all bytes before were taken.
  virtual absl::StatusOr<std::vector<Chunk>> Poll() = 0;
  // To the node (stdin); `end`: nothing more follows on this channel. Fails with the end's status when the stream has
  // ended, and with ResourceExhausted, sending nothing, when `data` is more than WriteCredit.
  virtual absl::Status Write(int channel, absl::string_view data, bool end = false) = 0;
  // The bytes that the node will take now; the stream's `on_ready` is called when they become more.
  virtual int64_t WriteCredit() const = 0;
};

// A stream that is over from the start, with nothing in it: the log of a pod that was not scheduled yet.
std::unique_ptr<NodeStream> EmptyStream();

// The nodes that are connected by their one outgoing session, and the streams over it. Transport code calls Connected,
// Received and Disconnected; the request path opens streams. Thread-safe; nothing blocks.
class NodeSessions {
 public:
  static constexpr int64_t kInitialCredit = 256 << 10;

  // Sends one message to the node; called without locks held, in the order of calls. Must not block or call back.
  using Send = std::function<void(kubelite::v1::ServerMessage message)>;
  using SessionId = uint64_t;

  NodeSessions() = default;
  ~NodeSessions();
  NodeSessions(const NodeSessions&) = delete;

  // A node's session is up. A session of the same node from before ends: its streams fail.
  SessionId Connected(const std::string& node, Send send);
  // A message other than hello. An error means that the node broke the protocol: the transport ends the session.
  absl::Status Received(const std::string& node, SessionId session, const kubelite::v1::NodeMessage& message);
  // Does nothing for a session that was replaced.
  void Disconnected(const std::string& node, SessionId session);
  bool IsConnected(const std::string& node) const;
  std::vector<std::string> Nodes() const;

  // `on_ready` is called from any thread when Poll may have something new or the stream ended; it must not block. It is
  // not called after the stream is destroyed. ServiceUnavailable when the node has no session.
  absl::StatusOr<std::unique_ptr<NodeStream>> Open(const std::string& node, const kubelite::v1::StreamOpen& open,
                                                   std::function<void()> on_ready);

 private:
  struct Session;
  class Stream;
  struct StreamState;
  std::shared_ptr<Session> Find(const std::string& node) const;

  mutable base::Mutex mutex_;
  std::map<std::string, std::shared_ptr<Session>> sessions_ ABSL_GUARDED_BY(mutex_);
  SessionId next_session_ ABSL_GUARDED_BY(mutex_) = 1;
};

}  // namespace kubelite::apiserver
