#include "store/etcd/transport/connection.h"

#include <array>
#include <utility>

#include "absl/strings/match.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"

namespace kubelite::etcd {
namespace {

// Frames are made only while less than this waits for the socket.
constexpr size_t kOutputBytes = 256 << 10;
// Of all incomplete requests of one connection, and of all answers that the client does not take.
constexpr size_t kHeldBytes = 64 << 20;
constexpr size_t kUnsentBytes = 256 << 20;
constexpr uint32_t kStreams = 16384;
constexpr int32_t kStreamWindow = 1 << 20;
constexpr int32_t kConnectionWindow = 16 << 20;

constexpr char kTooMany[] = "etcdserver: too many requests";

Connection* Self(void* user_data) { return static_cast<Connection*>(user_data); }

absl::string_view View(nghttp2_rcbuf* buffer) {
  const nghttp2_vec bytes = nghttp2_rcbuf_get_buf(buffer);
  return {reinterpret_cast<const char*>(bytes.base), bytes.len};
}

}  // namespace

absl::StatusOr<std::unique_ptr<Connection>> Connection::New(std::unique_ptr<Socket> socket, Options options) {
  std::unique_ptr<Connection> connection(new Connection(std::move(socket), std::move(options)));
  RETURN_IF_ERROR(connection->Open());
  connection->WantFlush();
  return connection;
}

Connection::Connection(std::unique_ptr<Socket> socket, Options options)
    : StreamConnection(std::move(socket), std::move(options.context)), options_(std::move(options)) {
  nghttp2_option* session_options = nullptr;
  CHECK(nghttp2_option_new(&session_options) == 0);
  nghttp2_option_set_no_closed_streams(session_options, 1);
  // etcdctl 3.4 sends a URL as :authority; only the path and the content type are looked at anyway.
  nghttp2_option_set_no_http_messaging(session_options, 1);
  CHECK(nghttp2_session_server_new2(&session_, Callbacks(), this, session_options) == 0);
  nghttp2_option_del(session_options);
  const std::array<nghttp2_settings_entry, 2> settings = {
      {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kStreams}, {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow}}};
  CHECK(nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) == 0);
  CHECK(nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow) == 0);
}

Connection::~Connection() { nghttp2_session_del(session_); }

const nghttp2_session_callbacks* Connection::Callbacks() {
  static const nghttp2_session_callbacks* const made = [] {
    nghttp2_session_callbacks* callbacks = nullptr;
    CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
    nghttp2_session_callbacks_set_on_header_callback2(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, nghttp2_rcbuf* name, nghttp2_rcbuf* value, uint8_t,
                      void* self) { return Self(self)->OnHeader(*frame, View(name), View(value)); });
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        callbacks,
        [](nghttp2_session*, const nghttp2_frame* frame, void* self) { return Self(self)->OnFrame(*frame); });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks, [](nghttp2_session*, uint8_t, int32_t stream, const uint8_t* data, size_t size, void* self) {
          return Self(self)->OnChunk(stream, {reinterpret_cast<const char*>(data), size});
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks,
                                                           [](nghttp2_session*, int32_t stream, uint32_t, void* self) {
                                                             Self(self)->OnStreamClosed(stream);
                                                             return 0;
                                                           });
    nghttp2_session_callbacks_set_send_data_callback(
        callbacks, [](nghttp2_session*, nghttp2_frame* frame, const uint8_t* header, size_t length,
                      nghttp2_data_source*, void* self) { return Self(self)->OnSendData(*frame, header, length); });
    nghttp2_session_callbacks_set_on_frame_send_callback(
        callbacks, [](nghttp2_session* session, const nghttp2_frame* frame, void* self) {
          const bool last = frame->hd.type == NGHTTP2_HEADERS && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
          const ServerCall* call = last ? Self(self)->Find(frame->hd.stream_id) : nullptr;
          // The answer is complete: what the client would still send is of no use.
          if (call != nullptr && !call->half_closed()) {
            nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
          }
          return 0;
        });
    return callbacks;
  }();
  return made;
}

ServerCall* Connection::Find(int32_t stream) const {
  const auto it = streams_.find(stream);
  return it == streams_.end() ? nullptr : it->second.call.get();
}

int Connection::OnHeader(const nghttp2_frame& frame, absl::string_view name, absl::string_view value) {
  if (frame.hd.type != NGHTTP2_HEADERS || frame.headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
  Stream& stream = streams_[frame.hd.stream_id];
  if (name == ":path") {
    const auto method = options_.methods->find(value);
    stream.method = method == options_.methods->end() ? nullptr : &method->second;
  } else if (name == "content-type") {
    stream.grpc = absl::StartsWith(value, "application/grpc");
  }
  return 0;
}

int Connection::OnFrame(const nghttp2_frame& frame) {
  if (frame.hd.type != NGHTTP2_HEADERS && frame.hd.type != NGHTTP2_DATA) return 0;
  const int32_t id = frame.hd.stream_id;
  if (frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST) {
    Stream& stream = streams_[id];
    if (!stream.grpc) {
      static constexpr absl::string_view kName = ":status", kUnsupported = "415";
      nghttp2_nv header = {};
      header.name = reinterpret_cast<uint8_t*>(const_cast<char*>(kName.data()));
      header.namelen = kName.size();
      header.value = reinterpret_cast<uint8_t*>(const_cast<char*>(kUnsupported.data()));
      header.valuelen = kUnsupported.size();
      nghttp2_submit_response(session_, id, &header, 1, nullptr);
      WantFlush();
      return 0;
    }
    stream.call = std::make_shared<ServerCall>(this, id, options_.max_message_bytes);
    const std::shared_ptr<ServerCall> call = stream.call;
    if (unsent_bytes_ > kUnsentBytes) call->Finish(absl::ResourceExhaustedError(kTooMany));
    call->Begin(stream.method);
  }
  if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
  const auto it = streams_.find(id);
  if (it == streams_.end() || it->second.call == nullptr) return 0;
  const std::shared_ptr<ServerCall> call = it->second.call;
  held_bytes_ -= call->held_bytes();
  call->OnHalfClose();
  held_bytes_ += call->held_bytes();
  return 0;
}

int Connection::OnChunk(int32_t stream, absl::string_view bytes) {
  const auto it = streams_.find(stream);
  if (it == streams_.end() || it->second.call == nullptr) return 0;
  const std::shared_ptr<ServerCall> call = it->second.call;
  held_bytes_ -= call->held_bytes();
  call->OnData(bytes);
  held_bytes_ += call->held_bytes();
  if (held_bytes_ > kHeldBytes) call->Finish(absl::ResourceExhaustedError(kTooMany));
  return 0;
}

void Connection::OnStreamClosed(int32_t stream) {
  const auto it = streams_.find(stream);
  if (it == streams_.end()) return;
  const std::shared_ptr<ServerCall> call = std::move(it->second.call);
  streams_.erase(it);
  if (call == nullptr) return;
  held_bytes_ -= call->held_bytes();
  call->OnClosed();
}

int Connection::OnSendData(const nghttp2_frame& frame, const uint8_t* header, size_t length) {
  if (output()->size() >= kOutputBytes) return NGHTTP2_ERR_WOULDBLOCK;
  constexpr size_t kFrameHeader = 9;
  output()->Append(absl::string_view(reinterpret_cast<const char*>(header), kFrameHeader));
  ServerCall* call = Find(frame.hd.stream_id);
  if (call == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  call->Take(length, output());
  return 0;
}

void Connection::OnReceived(absl::string_view bytes) {
  if (nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()) < 0) Close();
}

void Connection::Fill() {
  while (output()->size() < kOutputBytes) {
    const uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    if (size < 0) return Close();
    if (size == 0) return;
    output()->Append(absl::string_view(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)));
  }
}

bool Connection::Over() const {
  return nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0;
}

void Connection::Drain(const absl::Status& status) {
  if (closed()) return;
  std::vector<std::shared_ptr<ServerCall>> calls;
  for (const auto& [id, stream] : streams_) {
    if (stream.call != nullptr && stream.call->streams()) calls.push_back(stream.call);
  }
  for (const std::shared_ptr<ServerCall>& call : calls) call->Finish(status);
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_),
                        NGHTTP2_NO_ERROR, nullptr, 0);
  WantFlush();
}

void Connection::OnClose() {
  auto streams = std::exchange(streams_, {});
  for (auto& [id, stream] : streams) {
    if (stream.call != nullptr) stream.call->OnClosed();
  }
}

}  // namespace kubelite::etcd
