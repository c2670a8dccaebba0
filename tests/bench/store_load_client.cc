#include "tests/bench/store_load_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "absl/strings/numbers.h"
#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/base/options.h"

namespace kubelite::bench {
namespace {

constexpr int32_t kWindow = 64 << 20;
constexpr size_t kReadBytes = 256 << 10;
constexpr size_t kPrefix = 5;  // of a gRPC message: compressed flag, length

void AppendFramed(absl::string_view message, std::string* out) {
  const auto size = static_cast<uint32_t>(message.size());
  const char prefix[kPrefix] = {0, static_cast<char>(size >> 24), static_cast<char>(size >> 16),
                                static_cast<char>(size >> 8), static_cast<char>(size)};
  out->append(prefix, kPrefix);
  out->append(message.data(), message.size());
}

nghttp2_nv Header(absl::string_view name, absl::string_view value) {
  nghttp2_nv header = {};
  header.name = reinterpret_cast<uint8_t*>(const_cast<char*>(name.data()));
  header.namelen = name.size();
  header.value = reinterpret_cast<uint8_t*>(const_cast<char*>(value.data()));
  header.valuelen = value.size();
  header.flags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;
  return header;
}

}  // namespace

class LoadConnection {
 public:
  LoadConnection(const sockaddr_in& address, std::string authority);
  ~LoadConnection();

  int fd() const { return fd_; }
  void Start(absl::string_view path, absl::string_view message, LoadCall* call, bool stream);
  void Send(absl::string_view message, LoadCall* call);
  void Read(char* buffer);
  // False when the socket takes no more for now.
  bool Write();

  bool dirty = false;

 private:
  static LoadConnection* Self(void* self) { return static_cast<LoadConnection*>(self); }
  LoadCall* CallOf(int32_t stream) {
    return static_cast<LoadCall*>(nghttp2_session_get_stream_user_data(session_, stream));
  }
  void SetCallbacks(nghttp2_session_callbacks* callbacks);
  static ssize_t ReadBody(nghttp2_session*, int32_t, uint8_t* buffer, size_t length, uint32_t* flags,
                          nghttp2_data_source* source, void*);
  void TakeData(LoadCall* call, absl::string_view bytes);

  int fd_ = -1;
  const std::string authority_;
  nghttp2_session* session_ = nullptr;
  std::string out_;
  size_t out_sent_ = 0;
};

LoadConnection::LoadConnection(const sockaddr_in& address, std::string authority) : authority_(std::move(authority)) {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(fd_ >= 0);
  CHECK(connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  const int one = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));

  nghttp2_session_callbacks* callbacks = nullptr;
  CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
  SetCallbacks(callbacks);
  nghttp2_option* options = nullptr;
  CHECK(nghttp2_option_new(&options) == 0);
  nghttp2_option_set_peer_max_concurrent_streams(options, 4096);
  CHECK(nghttp2_session_client_new2(&session_, callbacks, this, options) == 0);
  nghttp2_option_del(options);
  nghttp2_session_callbacks_del(callbacks);
  const std::array<nghttp2_settings_entry, 2> settings = {
      {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0}, {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindow}}};
  CHECK(nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) == 0);
  CHECK(nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kWindow) == 0);
}

LoadConnection::~LoadConnection() {
  nghttp2_session_del(session_);
  close(fd_);
}

void LoadConnection::SetCallbacks(nghttp2_session_callbacks* callbacks) {
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      callbacks, [](nghttp2_session*, uint8_t, int32_t stream, const uint8_t* data, size_t size, void* self) {
        LoadCall* call = Self(self)->CallOf(stream);
        if (call != nullptr) Self(self)->TakeData(call, {reinterpret_cast<const char*>(data), size});
        return 0;
      });
  nghttp2_session_callbacks_set_on_header_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                    const uint8_t* value, size_t value_size, uint8_t, void* self) {
        if (absl::string_view(reinterpret_cast<const char*>(name), name_size) != "grpc-status") return 0;
        LoadCall* call = Self(self)->CallOf(frame->hd.stream_id);
        const absl::string_view text(reinterpret_cast<const char*>(value), value_size);
        if (call != nullptr) CHECK(absl::SimpleAtoi(text, &call->status_));
        return 0;
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks,
                                                         [](nghttp2_session*, int32_t stream, uint32_t, void* self) {
                                                           LoadCall* call = Self(self)->CallOf(stream);
                                                           if (call != nullptr) call->OnEnd(call->status_);
                                                           return 0;
                                                         });
}

ssize_t LoadConnection::ReadBody(nghttp2_session*, int32_t, uint8_t* buffer, size_t length, uint32_t* flags,
                                 nghttp2_data_source* source, void*) {
  auto* call = static_cast<LoadCall*>(source->ptr);
  const size_t size = std::min(length, call->body_.size() - call->sent_);
  if (size == 0 && !call->half_close_) {
    call->deferred_ = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  std::memcpy(buffer, call->body_.data() + call->sent_, size);
  call->sent_ += size;
  if (call->sent_ == call->body_.size()) {
    call->body_.clear();
    call->sent_ = 0;
    if (call->half_close_) *flags |= NGHTTP2_DATA_FLAG_EOF;
  }
  return static_cast<ssize_t>(size);
}

void LoadConnection::Start(absl::string_view path, absl::string_view message, LoadCall* call, bool stream) {
  call->path_.assign(path.data(), path.size());
  call->body_.clear();
  call->sent_ = 0;
  call->half_close_ = !stream;
  call->deferred_ = false;
  call->status_ = -1;
  call->partial_.clear();
  call->skip_ = 0;
  if (!stream || !message.empty()) AppendFramed(message, &call->body_);
  const std::array<nghttp2_nv, 6> headers = {Header(":method", "POST"),
                                             Header(":scheme", "http"),
                                             Header(":path", call->path_),
                                             Header(":authority", authority_),
                                             Header("content-type", "application/grpc"),
                                             Header("te", "trailers")};
  nghttp2_data_provider body = {};
  body.source.ptr = call;
  body.read_callback = ReadBody;
  call->stream_ = nghttp2_submit_request(session_, nullptr, headers.data(), headers.size(), &body, call);
  CHECK(call->stream_ > 0);
}

void LoadConnection::Send(absl::string_view message, LoadCall* call) {
  AppendFramed(message, &call->body_);
  if (!call->deferred_) return;
  call->deferred_ = false;
  CHECK(nghttp2_session_resume_data(session_, call->stream_) == 0);
}

void LoadConnection::TakeData(LoadCall* call, absl::string_view bytes) {
  call->received_bytes += static_cast<int64_t>(bytes.size());
  while (!bytes.empty()) {
    if (call->skip_ > 0) {
      const size_t size = std::min(call->skip_, bytes.size());
      call->skip_ -= size;
      bytes.remove_prefix(size);
      if (call->skip_ == 0) call->OnMessage({});
      continue;
    }
    const absl::string_view have = call->partial_.empty() ? bytes : absl::string_view(call->partial_);
    if (have.size() < kPrefix) {
      const size_t size = std::min(kPrefix - have.size(), bytes.size());
      call->partial_.append(bytes.data(), size);
      bytes.remove_prefix(size);
      if (call->partial_.size() < kPrefix) continue;
    }
    const absl::string_view head = call->partial_.empty() ? bytes : absl::string_view(call->partial_);
    const auto byte = [&](size_t i) { return static_cast<size_t>(static_cast<uint8_t>(head[i])); };
    const size_t total = kPrefix + (byte(1) << 24 | byte(2) << 16 | byte(3) << 8 | byte(4));
    if (call->discard) {
      const size_t consumed = call->partial_.empty() ? kPrefix : 0;
      call->partial_.clear();
      bytes.remove_prefix(consumed);
      call->skip_ = total - kPrefix;
      if (call->skip_ == 0) call->OnMessage({});
      continue;
    }
    if (call->partial_.empty() && bytes.size() >= total) {
      call->OnMessage(bytes.substr(kPrefix, total - kPrefix));
      bytes.remove_prefix(total);
      continue;
    }
    const size_t size = std::min(total - call->partial_.size(), bytes.size());
    call->partial_.append(bytes.data(), size);
    bytes.remove_prefix(size);
    if (call->partial_.size() < total) continue;
    call->OnMessage(absl::string_view(call->partial_).substr(kPrefix));
    call->partial_.clear();
  }
}

void LoadConnection::Read(char* buffer) {
  while (true) {
    const ssize_t size = recv(fd_, buffer, kReadBytes, MSG_DONTWAIT);
    if (size < 0) {
      CHECK(errno == EAGAIN || errno == EINTR);
      return;
    }
    CHECK(size > 0);  // the server hung up
    CHECK(nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(buffer), static_cast<size_t>(size)) ==
          size);
    if (static_cast<size_t>(size) < kReadBytes) return;
  }
}

bool LoadConnection::Write() {
  const uint8_t* data = nullptr;
  while (true) {
    const ssize_t size = nghttp2_session_mem_send(session_, &data);
    CHECK(size >= 0);
    if (size == 0) break;
    out_.append(reinterpret_cast<const char*>(data), static_cast<size_t>(size));
  }
  while (out_sent_ < out_.size()) {
    const ssize_t size = send(fd_, out_.data() + out_sent_, out_.size() - out_sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size < 0) {
      CHECK(errno == EAGAIN || errno == EINTR);
      return false;
    }
    out_sent_ += static_cast<size_t>(size);
  }
  out_.clear();
  out_sent_ = 0;
  return true;
}

LoadClient::LoadClient(const std::string& address, int connections) {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  CHECK(epoll_ >= 0);
  const auto host_port = base::ParseHostPort(address);
  CHECK_OK(host_port.status());
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(host_port->port));
  CHECK(inet_pton(AF_INET, host_port->host.c_str(), &to.sin_addr) == 1);
  for (int i = 0; i < connections; ++i) {
    connections_.push_back(std::make_unique<LoadConnection>(to, address));
    epoll_event event = {};
    event.events = EPOLLIN;
    event.data.ptr = connections_.back().get();
    CHECK(epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_.back()->fd(), &event) == 0);
    connections_.back()->dirty = true;
    dirty_.push_back(connections_.back().get());
  }
}

LoadClient::~LoadClient() {
  connections_.clear();
  close(epoll_);
}

int LoadClient::connections() const { return static_cast<int>(connections_.size()); }

void LoadClient::Start(int connection, absl::string_view path, absl::string_view message, LoadCall* call, bool stream) {
  LoadConnection* to = connections_[static_cast<size_t>(connection)].get();
  to->Start(path, message, call, stream);
  if (!std::exchange(to->dirty, true)) dirty_.push_back(to);
}

void LoadClient::Send(int connection, absl::string_view message, LoadCall* call) {
  LoadConnection* to = connections_[static_cast<size_t>(connection)].get();
  to->Send(message, call);
  if (!std::exchange(to->dirty, true)) dirty_.push_back(to);
}

void LoadClient::Flush() {
  std::vector<LoadConnection*> full;
  for (LoadConnection* connection : dirty_) {
    if (connection->Write()) {
      connection->dirty = false;
    } else {
      full.push_back(connection);
    }
  }
  dirty_ = std::move(full);
}

bool LoadClient::Run(const std::function<bool()>& done, absl::Duration timeout) {
  static thread_local std::vector<char> buffer(kReadBytes);
  const absl::Time deadline = base::SystemClock().Now() + timeout;
  while (true) {
    Flush();
    if (done()) return true;
    const absl::Duration left = deadline - base::SystemClock().Now();
    if (left <= absl::ZeroDuration()) return false;
    std::array<epoll_event, 256> events;
    // A full socket is tried again after a moment: rare enough to do without EPOLLOUT.
    const int64_t wait = dirty_.empty() ? absl::ToInt64Milliseconds(left) + 1 : 1;
    const int ready = epoll_wait(epoll_, events.data(), events.size(), static_cast<int>(std::min<int64_t>(wait, 1000)));
    for (int i = 0; i < ready; ++i) {
      auto* connection = static_cast<LoadConnection*>(events[static_cast<size_t>(i)].data.ptr);
      connection->Read(buffer.data());
      // WINDOW_UPDATE, SETTINGS acknowledgements and what the answers made callers start.
      if (!std::exchange(connection->dirty, true)) dirty_.push_back(connection);
    }
  }
}

}  // namespace kubelite::bench
