#include "common/http/http2_frames.h"

#include <array>

#include "common/base/check.h"

namespace kubelite::http {
namespace {

// Frames are made only while less than this waits for the socket.
constexpr size_t kOutputBytes = 256 << 10;
constexpr size_t kFrameHead = 9;

Http2Frames* Self(void* user_data) { return static_cast<Http2Frames*>(user_data); }

absl::string_view View(nghttp2_rcbuf* buffer) {
  const nghttp2_vec bytes = nghttp2_rcbuf_get_buf(buffer);
  return {reinterpret_cast<const char*>(bytes.base), bytes.len};
}

// Copied by nghttp2.
std::vector<nghttp2_nv> Wire(const Http2Frames::Headers& headers) {
  std::vector<nghttp2_nv> wire;
  wire.reserve(headers.size());
  for (const auto& [name, value] : headers) {
    nghttp2_nv row = {};
    row.name = reinterpret_cast<uint8_t*>(const_cast<char*>(name.data()));
    row.namelen = name.size();
    row.value = reinterpret_cast<uint8_t*>(const_cast<char*>(value.data()));
    row.valuelen = value.size();
    wire.push_back(row);
  }
  return wire;
}

bool IsRequestHead(const nghttp2_frame& frame) {
  return frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST;
}

}  // namespace

Http2Frames::Http2Frames(Streams* streams, const Options& options) : streams_(streams) {
  nghttp2_option* settings = nullptr;
  CHECK(nghttp2_option_new(&settings) == 0);
  nghttp2_option_set_no_closed_streams(settings, 1);
  if (!options.check_messages) nghttp2_option_set_no_http_messaging(settings, 1);
  CHECK(nghttp2_session_server_new2(&session_, Callbacks(), this, settings) == 0);
  nghttp2_option_del(settings);
  const std::array<nghttp2_settings_entry, 2> entries = {
      {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options.streams},
       {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<uint32_t>(options.stream_window)}}};
  CHECK(nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, entries.data(), entries.size()) == 0);
  CHECK(nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, options.connection_window) == 0);
}

Http2Frames::~Http2Frames() { nghttp2_session_del(session_); }

const nghttp2_session_callbacks* Http2Frames::Callbacks() {
  static const nghttp2_session_callbacks* const made = [] {
    nghttp2_session_callbacks* callbacks = nullptr;
    CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
    nghttp2_session_callbacks_set_on_begin_headers_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
          if (IsRequestHead(*frame)) Self(self)->streams_->OnRequest(frame->hd.stream_id);
          return 0;
        });
    nghttp2_session_callbacks_set_on_header_callback2(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, nghttp2_rcbuf* name, nghttp2_rcbuf* value, uint8_t,
                      void* self) {
          if (IsRequestHead(*frame)) Self(self)->streams_->OnHeader(frame->hd.stream_id, View(name), View(value));
          return 0;
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        callbacks,
        [](nghttp2_session*, const nghttp2_frame* frame, void* self) { return Self(self)->OnFrame(*frame); });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks, [](nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size, void* self) {
          Self(self)->streams_->OnData(id, {reinterpret_cast<const char*>(data), size});
          return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks,
                                                           [](nghttp2_session*, int32_t id, uint32_t, void* self) {
                                                             Self(self)->streams_->OnClosed(id);
                                                             return 0;
                                                           });
    nghttp2_session_callbacks_set_send_data_callback(
        callbacks, [](nghttp2_session*, nghttp2_frame* frame, const uint8_t* head, size_t size, nghttp2_data_source*,
                      void* self) { return Self(self)->SendData(*frame, head, size); });
    nghttp2_session_callbacks_set_on_frame_send_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* self) { return Self(self)->OnSent(*frame); });
    return callbacks;
  }();
  return made;
}

int Http2Frames::OnFrame(const nghttp2_frame& frame) {
  if (frame.hd.type != NGHTTP2_HEADERS && frame.hd.type != NGHTTP2_DATA) return 0;
  if (IsRequestHead(frame)) streams_->OnHeadEnd(frame.hd.stream_id);
  if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) streams_->OnRequestEnd(frame.hd.stream_id);
  return 0;
}

int Http2Frames::OnSent(const nghttp2_frame& frame) {
  const bool last = (frame.hd.type == NGHTTP2_HEADERS || frame.hd.type == NGHTTP2_DATA) &&
                    (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  // The answer is complete: what the client would still send is of no use.
  if (last && nghttp2_session_get_stream_remote_close(session_, frame.hd.stream_id) == 0) {
    Reset(frame.hd.stream_id, NGHTTP2_NO_ERROR);
  }
  return 0;
}

int Http2Frames::SendData(const nghttp2_frame& frame, const uint8_t* head, size_t size) {
  if (output_->size() >= kOutputBytes) return NGHTTP2_ERR_WOULDBLOCK;
  output_->Append(absl::string_view(reinterpret_cast<const char*>(head), kFrameHead));
  streams_->TakeBody(frame.hd.stream_id, size, output_);
  return 0;
}

bool Http2Frames::Receive(absl::string_view bytes) {
  return nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()) >= 0;
}

bool Http2Frames::Fill(net::OutputQueue* output) {
  output_ = output;
  while (output->size() < kOutputBytes) {
    const uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    if (size < 0) return false;
    if (size == 0) break;
    output->Append(absl::string_view(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)));
  }
  return true;
}

bool Http2Frames::Over() const {
  return nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0;
}

ssize_t Http2Frames::ReadBody(nghttp2_session*, int32_t id, uint8_t*, size_t size, uint32_t* flags,
                              nghttp2_data_source*, void* user_data) {
  Streams* streams = Self(user_data)->streams_;
  const Streams::Ready ready = streams->BodyReady(id, size);
  if (ready.then == Streams::Ready::Then::kWait && ready.size == 0) return NGHTTP2_ERR_DEFERRED;
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (ready.then == Streams::Ready::Then::kEnd) *flags |= NGHTTP2_DATA_FLAG_EOF;
  if (ready.then == Streams::Ready::Then::kTrailers) {
    *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    streams->OnTrailers(id);
  }
  return static_cast<ssize_t>(ready.size);
}

void Http2Frames::Respond(int32_t id, const Headers& headers, bool body) {
  nghttp2_data_provider provider = {};
  provider.read_callback = ReadBody;
  const std::vector<nghttp2_nv> wire = Wire(headers);
  nghttp2_submit_response(session_, id, wire.data(), wire.size(), body ? &provider : nullptr);
}

void Http2Frames::Inform(int32_t id, const Headers& headers) {
  const std::vector<nghttp2_nv> wire = Wire(headers);
  nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, id, nullptr, wire.data(), wire.size(), nullptr);
}

void Http2Frames::Resume(int32_t id) { nghttp2_session_resume_data(session_, id); }

void Http2Frames::Trail(int32_t id, const Headers& headers) {
  const std::vector<nghttp2_nv> wire = Wire(headers);
  nghttp2_submit_trailer(session_, id, wire.data(), wire.size());
}

void Http2Frames::Reset(int32_t id, uint32_t error) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, error);
}

void Http2Frames::GoAway(uint32_t error) {
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_), error, nullptr,
                        0);
}

}  // namespace kubelite::http
