#include "apiserver/rest/remote/protocol.h"

#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/http/websocket.h"

namespace kubelite::apiserver {
namespace {

// Of one client's message; kubectl sends what it has read at once.
constexpr size_t kMaxMessage = 4 << 20;
constexpr uint32_t kCloseChannel = 255;  // of v5: the byte after it names the stream that ends
constexpr uint16_t kNormalClosure = 1000;
constexpr std::array<absl::string_view, 5> kStreamTypes = {"stdin", "stdout", "stderr", "error", "resize"};

// Messages whose first byte, or base64 digit, is a channel.
class Channels : public RemoteProtocol {
 public:
  explicit Channels(bool base64) : socket_(kMaxMessage), base64_(base64) {}

  absl::StatusOr<std::vector<Event>> Receive(absl::string_view bytes) override {
    ASSIGN_OR_RETURN(const std::vector<http::WebSocket::Message> messages, socket_.Receive(bytes));
    std::vector<Event> events;
    for (const http::WebSocket::Message& message : messages) {
      if (message.data.empty()) continue;
      if (!base64_) {
        Received(static_cast<uint8_t>(message.data[0]), message.data.substr(1), &events);
        continue;
      }
      std::string data;
      if (!absl::Base64Unescape(absl::string_view(message.data).substr(1), &data)) {
        return absl::InvalidArgumentError("a message of the client is not base64");
      }
      Received(static_cast<uint32_t>(message.data[0] - '0'), std::move(data), &events);
    }
    return events;
  }

  // The protocol cannot tell that one stream ends.
  void Send(uint32_t stream, absl::string_view data, bool /*end*/) override {
    if (!data.empty()) SendMessage(stream, data);
  }
  void Finish() override { socket_.Close(kNormalClosure, ""); }
  std::string TakeOutput() override { return socket_.TakeOutput(); }
  bool client_closed() const override { return socket_.client_closed(); }

 protected:
  virtual void Received(uint32_t channel, std::string data, std::vector<Event>* events) = 0;
  void SendMessage(uint32_t channel, absl::string_view data) {
    if (base64_) {
      socket_.Send(false, absl::StrCat(channel, absl::Base64Escape(data)));
    } else {
      socket_.Send(true, absl::StrCat(std::string(1, static_cast<char>(channel)), data));
    }
  }

 private:
  http::WebSocket socket_;
  const bool base64_;
};

class CommandChannels : public Channels {
 public:
  explicit CommandChannels(const ChannelOptions& options) : Channels(options.base64), options_(options) {}

  std::vector<Event> Begin() override {
    // Clients wait for it: upstream sends an empty message on the first channel.
    if (!options_.writable.empty()) SendMessage(options_.writable.front(), "");
    std::vector<Event> events;
    for (const auto* channels : {&options_.readable, &options_.writable}) {
      for (const uint32_t channel : *channels) {
        events.push_back({.kind = Event::Kind::kOpened,
                          .stream = channel,
                          .headers = {{"streamtype", std::string(kStreamTypes.at(channel))}}});
      }
    }
    return events;
  }

 private:
  void Received(uint32_t channel, std::string data, std::vector<Event>* events) override {
    if (channel == kCloseChannel && options_.version >= 5 && data.size() == 1) {
      events->push_back({.stream = static_cast<uint8_t>(data[0]), .end = true});
    } else {
      events->push_back({.stream = channel, .data = std::move(data)});
    }
  }

  const ChannelOptions options_;
};

class PortChannels : public Channels {
 public:
  PortChannels(absl::Span<const uint16_t> ports, bool base64) : Channels(base64), ports_(ports.begin(), ports.end()) {}

  std::vector<Event> Begin() override {
    std::vector<Event> events;
    for (uint32_t channel = 0; channel < 2 * ports_.size(); ++channel) {
      const uint16_t port = ports_[channel / 2];
      // Clients want each channel's port first, the lower byte before the higher one.
      SendMessage(channel, std::string({static_cast<char>(port), static_cast<char>(port >> 8)}));
      events.push_back({.kind = Event::Kind::kOpened,
                        .stream = channel,
                        .headers = {{"streamtype", channel % 2 == 0 ? "data" : "error"},
                                    {"port", absl::StrCat(port)},
                                    {"requestid", absl::StrCat(channel / 2)}}});
    }
    return events;
  }

 private:
  void Received(uint32_t channel, std::string data, std::vector<Event>* events) override {
    events->push_back({.stream = channel, .data = std::move(data)});
  }

  const std::vector<uint16_t> ports_;
};

class SpdyInWebSocket : public RemoteProtocol {
 public:
  SpdyInWebSocket() : socket_(kMaxMessage) {}

  absl::StatusOr<std::vector<Event>> Receive(absl::string_view bytes) override {
    ASSIGN_OR_RETURN(const std::vector<http::WebSocket::Message> messages, socket_.Receive(bytes));
    std::string inner;
    for (const http::WebSocket::Message& message : messages) inner += message.data;
    return spdy_.Receive(inner);
  }
  void Accept(uint32_t stream) override { spdy_.Accept(stream); }
  void Send(uint32_t stream, absl::string_view data, bool end) override { spdy_.Send(stream, data, end); }
  void Finish() override {
    Wrap();
    socket_.Close(kNormalClosure, "");
  }
  std::string TakeOutput() override {
    Wrap();
    return socket_.TakeOutput();
  }
  bool client_closed() const override { return socket_.client_closed() || spdy_.client_closed(); }

 private:
  void Wrap() {
    if (const std::string frames = spdy_.TakeOutput(); !frames.empty()) socket_.Send(true, frames);
  }

  http::WebSocket socket_;
  http::SpdySession spdy_;
};

class SpdyStreams : public RemoteProtocol {
 public:
  absl::StatusOr<std::vector<Event>> Receive(absl::string_view bytes) override { return spdy_.Receive(bytes); }
  void Accept(uint32_t stream) override { spdy_.Accept(stream); }
  void Send(uint32_t stream, absl::string_view data, bool end) override { spdy_.Send(stream, data, end); }
  std::string TakeOutput() override { return spdy_.TakeOutput(); }
  bool client_closed() const override { return spdy_.client_closed(); }

 private:
  http::SpdySession spdy_;
};

}  // namespace

std::unique_ptr<RemoteProtocol> NewWebSocketChannels(const ChannelOptions& options) {
  return std::make_unique<CommandChannels>(options);
}

std::unique_ptr<RemoteProtocol> NewWebSocketPorts(absl::Span<const uint16_t> ports, bool base64) {
  return std::make_unique<PortChannels>(ports, base64);
}

std::unique_ptr<RemoteProtocol> NewSpdyStreams() { return std::make_unique<SpdyStreams>(); }

std::unique_ptr<RemoteProtocol> NewSpdyInWebSocket() { return std::make_unique<SpdyInWebSocket>(); }

}  // namespace kubelite::apiserver
