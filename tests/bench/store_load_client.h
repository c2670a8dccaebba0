#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

struct nghttp2_session;

namespace kubelite::bench {

class LoadConnection;

// What takes the answers of one gRPC call. Called on the thread of LoadClient::Run only.
class LoadCall {
 public:
  virtual ~LoadCall() = default;
  // A whole message of the answer; `bytes` is valid during the call. With `discard` set only its size is known.
  virtual void OnMessage(absl::string_view bytes) { (void)bytes; }
  virtual void OnEnd(int grpc_status) = 0;

  bool discard = false;  // leave the bytes of messages unread, OnMessage gets an empty view
  int64_t received_bytes = 0;

 private:
  friend class LoadConnection;
  std::string path_;
  std::string body_;  // framed messages not yet sent
  size_t sent_ = 0;
  bool half_close_ = true;
  bool deferred_ = false;
  int32_t stream_ = 0;
  int status_ = -1;
  std::string partial_;
  size_t skip_ = 0;
};

// A gRPC client that costs little: HTTP/2 in clear over nghttp2, one thread, no protobuf. Requests are bytes.
// Crashes when a server does not speak the protocol: it is for benchmarks.
class LoadClient {
 public:
  // `address` as "127.0.0.1:1234".
  LoadClient(const std::string& address, int connections);
  ~LoadClient();
  int connections() const;

  // Starts a call on a connection. A unary call sends `message` and ends its half; a stream stays open for Send.
  void Start(int connection, absl::string_view path, absl::string_view message, LoadCall* call, bool stream = false);
  void Send(int connection, absl::string_view message, LoadCall* call);
  // Moves bytes until `done` holds, looked at after each round of events. False when `timeout` passed first.
  bool Run(const std::function<bool()>& done, absl::Duration timeout);

 private:
  void Flush();

  int epoll_ = -1;
  std::vector<std::unique_ptr<LoadConnection>> connections_;
  std::vector<LoadConnection*> dirty_;
};

}  // namespace kubelite::bench
