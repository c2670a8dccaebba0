#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/http/message.h"
#include "common/http/spdy.h"

namespace kubelite::apiserver {

// How one client's connection carries several streams of bytes, for exec, attach and port-forward. Without I/O: bytes
// in, events out, and the other way round. Each stream is known by the headers that it was opened with: `streamtype`
// stdin, stdout, stderr, error, resize or data; of data and error for port-forward also `port` and `requestid`. For one
// thread.
class RemoteProtocol {
 public:
  using Event = http::SpdySession::Event;
  virtual ~RemoteProtocol() = default;

  // The streams that are open from the start, as events.
  virtual std::vector<Event> Begin() { return {}; }
  // InvalidArgument when the client broke the protocol.
  virtual absl::StatusOr<std::vector<Event>> Receive(absl::string_view bytes) = 0;
  virtual void Accept(uint32_t /*stream*/) {}
  // `end`: nothing more follows on this stream.
  virtual void Send(uint32_t stream, absl::string_view data, bool end) = 0;
  // Says good-bye; nothing is sent after it.
  virtual void Finish() {}
  // The bytes to send, made since the last call.
  virtual std::string TakeOutput() = 0;
  // The client has said good-bye.
  virtual bool client_closed() const = 0;
};

// Channels of exec and attach over WebSocket: the first byte of a message is its stream. `writable` are the channels
// that the server will send on, in order.
struct ChannelOptions {
  int version = 5;      // of channel.k8s.io
  bool base64 = false;  // text messages: the channel as a digit, then base64
  std::vector<uint32_t> readable;
  std::vector<uint32_t> writable;
};
enum Channel : uint32_t { kStdin = 0, kStdout = 1, kStderr = 2, kError = 3, kResize = 4 };
std::unique_ptr<RemoteProtocol> NewWebSocketChannels(const ChannelOptions& options);

// Port-forward over WebSocket as clients before the tunnel do it: two channels, data and error, for each port.
std::unique_ptr<RemoteProtocol> NewWebSocketPorts(absl::Span<const uint16_t> ports, bool base64);

// SPDY/3.1, by itself or within binary WebSocket messages.
std::unique_ptr<RemoteProtocol> NewSpdyStreams();
std::unique_ptr<RemoteProtocol> NewSpdyInWebSocket();

}  // namespace kubelite::apiserver
