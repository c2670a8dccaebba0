#include "common/http/websocket.h"

#include <openssl/sha.h>
#include <sys/types.h>
#include <wslay/wslay.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/check.h"

namespace kubelite::http {
namespace {

constexpr char kProtocolGuid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

const uint8_t* Data(absl::string_view text) { return reinterpret_cast<const uint8_t*>(text.data()); }

}  // namespace

std::string WebSocketAccept(absl::string_view key) {
  const std::string text = absl::StrCat(key, kProtocolGuid);
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  SHA1(Data(text), text.size(), digest.data());
  return absl::Base64Escape({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

struct WebSocket::State {
  static ssize_t Read(wslay_event_context_ptr context, uint8_t* buffer, size_t size, int, void* self) {
    absl::string_view& input = static_cast<State*>(self)->input;
    if (input.empty()) {
      wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
      return -1;
    }
    const size_t taken = std::min(size, input.size());
    std::copy_n(input.data(), taken, buffer);
    input.remove_prefix(taken);
    return static_cast<ssize_t>(taken);
  }
  static ssize_t Write(wslay_event_context_ptr, const uint8_t* data, size_t size, int, void* self) {
    static_cast<State*>(self)->output.append(reinterpret_cast<const char*>(data), size);
    return static_cast<ssize_t>(size);
  }
  static void Received(wslay_event_context_ptr, const wslay_event_on_msg_recv_arg* message, void* self) {
    if (wslay_is_ctrl_frame(message->opcode)) return;
    static_cast<State*>(self)->messages.push_back(
        {message->opcode == WSLAY_BINARY_FRAME,
         std::string(reinterpret_cast<const char*>(message->msg), message->msg_length)});
  }
  void Flush() { wslay_event_send(context); }

  wslay_event_context_ptr context = nullptr;
  absl::string_view input;  // during Receive
  std::string output;
  std::vector<Message> messages;
};

WebSocket::WebSocket(size_t max_message_bytes) : state_(std::make_unique<State>()) {
  wslay_event_callbacks callbacks = {};
  callbacks.recv_callback = &State::Read;
  callbacks.send_callback = &State::Write;
  callbacks.on_msg_recv_callback = &State::Received;
  CHECK(wslay_event_context_server_init(&state_->context, &callbacks, state_.get()) == 0);
  wslay_event_config_set_max_recv_msg_length(state_->context, max_message_bytes);
}

WebSocket::~WebSocket() { wslay_event_context_free(state_->context); }

absl::StatusOr<std::vector<WebSocket::Message>> WebSocket::Receive(absl::string_view bytes) {
  state_->input = bytes;
  const int error = wslay_event_recv(state_->context);
  state_->Flush();
  // wslay answers what it does not understand with a close frame of its own, and stops reading.
  const bool refused = !client_closed() && wslay_event_get_read_enabled(state_->context) == 0;
  if (error != 0 || refused)
    return absl::InvalidArgumentError("the client's WebSocket frames are malformed or too large");
  return std::exchange(state_->messages, {});
}

void WebSocket::Send(bool binary, absl::string_view data) {
  const wslay_event_msg message = {.opcode = static_cast<uint8_t>(binary ? WSLAY_BINARY_FRAME : WSLAY_TEXT_FRAME),
                                   .msg = Data(data),
                                   .msg_length = data.size()};
  wslay_event_queue_msg(state_->context, &message);
  state_->Flush();
}

void WebSocket::Close(uint16_t code, absl::string_view reason) {
  wslay_event_queue_close(state_->context, code, Data(reason), reason.size());
  state_->Flush();
}

std::string WebSocket::TakeOutput() { return std::exchange(state_->output, std::string()); }

bool WebSocket::client_closed() const { return wslay_event_get_close_received(state_->context) != 0; }

}  // namespace kubelite::http
