#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kubelite::http {

// The value of Sec-WebSocket-Accept for a client's Sec-WebSocket-Key (RFC 6455, 4.2.2).
std::string WebSocketAccept(absl::string_view key);

// The server's end of one WebSocket (RFC 6455) without I/O: bytes in, messages out, and the other way round. Answers
// pings and a client's close by itself. For one thread.
class WebSocket {
 public:
  struct Message {
    bool binary = true;
    std::string data;
  };
  // A client's message of more bytes is an error.
  explicit WebSocket(size_t max_message_bytes);
  ~WebSocket();
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;

  // The messages that are complete with `bytes`. InvalidArgument when the client broke the protocol: send TakeOutput,
  // which tells it so, and close.
  absl::StatusOr<std::vector<Message>> Receive(absl::string_view bytes);
  void Send(bool binary, absl::string_view data);
  // Nothing may be sent after it.
  void Close(uint16_t code, absl::string_view reason);
  // The frames to send, made since the last call.
  std::string TakeOutput();
  // The client has said that it will send nothing more.
  bool client_closed() const;

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace kubelite::http
