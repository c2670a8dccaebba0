#pragma once

#include <memory>

#include "absl/strings/string_view.h"
#include "common/net/output_queue.h"
#include "common/net/server.h"

namespace kubelite::net {

// The bytes of one connection: hands on what comes, sends what waits at the end of each round. On its loop only.
class StreamConnection : public ServedConnection {
 public:
  ~StreamConnection() override;

  // Once; then the connection is over.
  void Close() final;
  void OnReady(uint32_t epoll_events) final;
  void OnRoundEnd() final;
  // Whether the client is read; at once when it is `wanted`. A client that leaves while it is not read is taken for
  // gone, whatever it may have sent before.
  void SetReading(bool wanted);
  // There is something to send.
  void WantFlush();

  EventLoop* loop() const { return context_.loop; }
  OutputQueue* output() { return &output_; }
  bool closed() const { return closed_; }
  const Socket& socket() const { return *socket_; }

 protected:
  StreamConnection(std::unique_ptr<Socket> socket, ConnectionContext context);
  // Before anything else. Unavailable when the system refuses to watch the socket.
  absl::Status Open();

  virtual void OnReceived(absl::string_view bytes) = 0;
  // Called before output() is sent: may add to it.
  virtual void Fill() {}
  // Some of output() is on its way.
  virtual void OnSent() {}
  // Nothing follows: to be closed when output() is empty.
  virtual bool Over() const = 0;
  virtual void OnClose() = 0;

 private:
  void Read();
  void Flush();

  const std::unique_ptr<Socket> socket_;
  const ConnectionContext context_;
  OutputQueue output_;
  bool flush_wanted_ = false;
  bool reading_ = true;
  uint32_t watched_;  // the events that the loop reports
  bool closed_ = false;
};

}  // namespace kubelite::net
