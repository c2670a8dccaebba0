#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/net/output_queue.h"

namespace kubelite::http {

// The server's side of an HTTP/2 connection on nghttp2, which does frames, header compression and flow control: a
// connection's bytes in, streams as events out, and back. Used by whoever speaks HTTP/2; not thread-safe.
class Http2Frames {
 public:
  // Called from Receive and Fill.
  class Streams {
   public:
    virtual ~Streams() = default;
    // The head of a request begins; its headers and the head's end follow.
    virtual void OnRequest(int32_t id) = 0;
    virtual void OnHeader(int32_t id, absl::string_view name, absl::string_view value) = 0;
    virtual void OnHeadEnd(int32_t id) = 0;
    virtual void OnData(int32_t id, absl::string_view bytes) = 0;
    virtual void OnRequestEnd(int32_t id) = 0;  // nothing follows of the request
    virtual void OnClosed(int32_t id) = 0;      // by whoever's doing
    // How much of the answer's body may go into a frame of at most `size` bytes now. kWait: none before Resume.
    struct Ready {
      size_t size = 0;
      enum class Then { kMore, kWait, kEnd, kTrailers } then = Then::kMore;
    };
    virtual Ready BodyReady(int32_t id, size_t size) = 0;
    // Moves so many bytes of it, which BodyReady has promised.
    virtual void TakeBody(int32_t id, size_t size, net::OutputQueue* output) = 0;
    // Asked once after kTrailers: to Trail.
    virtual void OnTrailers(int32_t) {}
  };
  struct Options {
    uint32_t streams = 1000;
    int32_t stream_window = 1 << 20;
    int32_t connection_window = 16 << 20;
    bool check_messages = true;  // refuse requests that are not well-formed HTTP
  };

  Http2Frames(Streams* streams, const Options& options);
  ~Http2Frames();
  Http2Frames(const Http2Frames&) = delete;

  // False: what has come is no HTTP/2, or the system is out of memory. Close.
  bool Receive(absl::string_view bytes);
  // Adds frames while `output` is short. False: close.
  bool Fill(net::OutputQueue* output);
  bool Over() const;  // nothing follows in either direction

  using Headers = std::vector<std::pair<std::string, std::string>>;
  // The head of an answer, with ":status"; its body is asked for if there is one.
  void Respond(int32_t id, const Headers& headers, bool body);
  void Inform(int32_t id, const Headers& headers);  // before the answer: 100
  void Resume(int32_t id);                          // the body has more, or has ended
  void Trail(int32_t id, const Headers& headers);
  void Reset(int32_t id, uint32_t error);
  // No more streams: those that the client has opened go on.
  void GoAway(uint32_t error);

 private:
  static const nghttp2_session_callbacks* Callbacks();
  static ssize_t ReadBody(nghttp2_session* session, int32_t id, uint8_t* buffer, size_t size, uint32_t* flags,
                          nghttp2_data_source* source, void* self);
  int OnFrame(const nghttp2_frame& frame);
  int OnSent(const nghttp2_frame& frame);
  int SendData(const nghttp2_frame& frame, const uint8_t* head, size_t size);

  Streams* const streams_;
  nghttp2_session* session_ = nullptr;
  net::OutputQueue* output_ = nullptr;  // during Fill
};

}  // namespace kubelite::http
