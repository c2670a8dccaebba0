#include "common/http/http2_frames.h"

#include <algorithm>
#include <map>
#include <string>

#include "common/base/check.h"
#include "tests/fuzz/entry_points.h"

namespace kubelite::fuzz {
namespace {

constexpr absl::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr size_t kAnswerBytes = 100;

// Answers each request with its path's length, and holds the frames to their promises.
class Echo : public http::Http2Frames::Streams {
 public:
  void Serve(absl::string_view bytes, size_t piece) {
    http::Http2Frames frames(this, {.streams = 8, .stream_window = 4096, .connection_window = 1 << 16});
    frames_ = &frames;
    net::OutputQueue output;
    bool open = frames.Receive(kPreface) && frames.Fill(&output);
    for (; open && !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
      open = frames.Receive(bytes.substr(0, piece)) && frames.Fill(&output);
      output.Consume(output.size());
    }
  }

  void OnRequest(int32_t id) override {
    CHECK(id % 2 == 1 && streams_.emplace(id, Stream()).second && streams_.size() <= 8);
  }
  void OnHeader(int32_t id, absl::string_view name, absl::string_view) override {
    CHECK(!Of(id).head_ended && !name.empty());
  }
  void OnHeadEnd(int32_t id) override { Of(id).head_ended = true; }
  void OnData(int32_t id, absl::string_view) override { CHECK(Of(id).head_ended && !Of(id).ended); }
  void OnRequestEnd(int32_t id) override {
    CHECK(!Of(id).ended);
    Of(id).ended = true;
    frames_->Respond(id, {{":status", "200"}}, true);
  }
  void OnClosed(int32_t id) override { streams_.erase(id); }
  Ready BodyReady(int32_t id, size_t size) override {
    Stream& stream = Of(id);
    stream.promised = std::min(size, stream.left);
    return {stream.promised, stream.promised == stream.left ? Ready::Then::kEnd : Ready::Then::kMore};
  }
  void TakeBody(int32_t id, size_t size, net::OutputQueue* output) override {
    Stream& stream = Of(id);
    CHECK(size == stream.promised && size <= stream.left);
    stream.left -= size;
    output->Append(std::string(size, 'x'));
  }

 private:
  struct Stream {
    bool head_ended = false;
    bool ended = false;
    size_t promised = 0;
    size_t left = kAnswerBytes;
  };
  Stream& Of(int32_t id) {
    const auto found = streams_.find(id);
    CHECK(found != streams_.end());
    return found->second;
  }

  http::Http2Frames* frames_ = nullptr;
  std::map<int32_t, Stream> streams_;
};

}  // namespace

void FuzzHttp2Frames(absl::string_view bytes) {
  for (const size_t piece : {bytes.size() + 1, size_t{7}}) Echo().Serve(bytes, piece);
}

}  // namespace kubelite::fuzz
