#pragma once

#include <nghttp2/nghttp2.h>

#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/net/stream_connection.h"
#include "store/etcd/transport/call.h"
#include "store/etcd/transport/server_call.h"

namespace kubelite::etcd {

using net::Socket;

// One client's HTTP/2 connection. On its loop only.
class Connection : public net::StreamConnection, public ServerCall::Owner {
 public:
  struct Options {
    net::ConnectionContext context;
    const Methods* methods = nullptr;
    size_t max_message_bytes = 0;
  };
  // Unavailable when the system refuses to watch the socket.
  static absl::StatusOr<std::unique_ptr<Connection>> New(std::unique_ptr<Socket> socket, Options options);
  ~Connection() override;

  void Drain(const absl::Status& status) override;
  EventLoop* loop() const override { return StreamConnection::loop(); }
  nghttp2_session* session() const override { return session_; }
  void WantFlush() override { StreamConnection::WantFlush(); }
  void AddUnsent(ptrdiff_t bytes) override { unsent_bytes_ += static_cast<size_t>(bytes); }

 private:
  Connection(std::unique_ptr<Socket> socket, Options options);
  static const nghttp2_session_callbacks* Callbacks();
  ServerCall* Find(int32_t stream) const;
  int OnHeader(const nghttp2_frame& frame, absl::string_view name, absl::string_view value);
  int OnFrame(const nghttp2_frame& frame);
  int OnChunk(int32_t stream, absl::string_view bytes);
  void OnStreamClosed(int32_t stream);
  int OnSendData(const nghttp2_frame& frame, const uint8_t* header, size_t length);
  void OnReceived(absl::string_view bytes) override;
  void Fill() override;
  bool Over() const override;
  void OnClose() override;

  struct Stream {
    std::shared_ptr<ServerCall> call;
    const Method* method = nullptr;
    bool grpc = false;  // its content type
  };

  const Options options_;
  nghttp2_session* session_ = nullptr;
  absl::flat_hash_map<int32_t, Stream> streams_;
  size_t held_bytes_ = 0;    // of requests that are not complete
  size_t unsent_bytes_ = 0;  // of answers
};

}  // namespace kubelite::etcd
