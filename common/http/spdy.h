#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/http/message.h"

namespace kubelite::http {

// The server's end of one SPDY/3.1 connection as kubectl speaks it for exec, attach and port-forward: streams that the
// client opens, without I/O. Bytes in, events out, and the other way round. Answers pings by itself. Flow control
// windows are not kept: neither does the client's library (moby/spdystream), and the connection's own flow control
// bounds memory. For one thread.
class SpdySession {
 public:
  struct Event {
    enum class Kind { kOpened, kData, kReset };
    Kind kind = Kind::kData;
    uint32_t stream = 0;
    Headers headers;   // of kOpened
    std::string data;  // of kData
    bool end = false;  // the client will send nothing more on this stream
  };
  SpdySession();
  ~SpdySession();
  SpdySession(const SpdySession&) = delete;
  SpdySession& operator=(const SpdySession&) = delete;

  // InvalidArgument when the client broke the protocol: close the connection.
  absl::StatusOr<std::vector<Event>> Receive(absl::string_view bytes);
  // Accepts a stream that the client has opened.
  void Accept(uint32_t stream);
  // `end`: nothing more follows on this stream.
  void Send(uint32_t stream, absl::string_view data, bool end);
  void Reset(uint32_t stream);
  // The frames to send, made since the last call.
  std::string TakeOutput();
  // The client has said that it will open no more streams.
  bool client_closed() const { return client_closed_; }

 private:
  class Inflater;
  class Deflater;
  struct Frame;
  absl::Status ReadControl(const Frame& frame, std::vector<Event>* events);
  absl::Status ReadSynStream(const Frame& frame, std::vector<Event>* events);
  void AppendControl(uint16_t type, uint8_t flags, absl::string_view payload);

  std::unique_ptr<Inflater> inflater_;
  std::unique_ptr<Deflater> deflater_;
  std::string input_;
  std::string output_;
  uint32_t last_stream_ = 0;
  int opened_at_once_ = 0;  // during Receive
  bool client_closed_ = false;
};

}  // namespace kubelite::http
