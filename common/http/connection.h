#pragma once

#include <memory>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/http/message.h"
#include "common/http/request_parser.h"
#include "common/net/output_queue.h"
#include "common/net/server.h"

namespace kubelite::http {

// Counts the exchanges that somebody still holds: they post to their connection's loop, which must outlive them.
// Thread-safe.
class OpenExchanges {
 public:
  void Add();
  void Remove();
  void WaitForNone();

 private:
  base::Mutex mutex_;
  base::CondVar none_;
  int open_ ABSL_GUARDED_BY(mutex_) = 0;
};

struct ConnectionOptions {
  OpenExchanges* exchanges = nullptr;
  const Handler* handler = nullptr;
  const base::Clock* clock = nullptr;
  Limits limits;
  absl::Duration request_timeout = absl::Seconds(30);  // for a request to arrive wholly
  absl::Duration idle_timeout = absl::Minutes(3);      // between requests
  absl::Duration write_timeout = absl::Seconds(60);    // for the client to take something of an answer
  absl::Duration linger_timeout = absl::Seconds(10);   // for the client to close a tunnel that has ended
};

// One client's HTTP/1.1 connection: one request at a time, further ones wait in the socket. After an upgrade it is a
// tunnel for bytes. On its loop only.
class Connection : public net::ServedConnection {
 public:
  // Unavailable when the system refuses to watch the socket.
  static absl::StatusOr<std::unique_ptr<net::ServedConnection>> New(std::unique_ptr<net::Socket> socket,
                                                                    net::ConnectionContext context,
                                                                    const ConnectionOptions& options);
  ~Connection() override;

  void Drain(const absl::Status& status) override;
  void Close() override;
  void OnTick() override;
  void OnReady(uint32_t epoll_events) override;
  void OnRoundEnd() override;

 private:
  class Answer;  // the Exchange
  Connection(std::unique_ptr<net::Socket> socket, net::ConnectionContext context, const ConnectionOptions& options);
  void Read();
  // Whether somebody wants what the client sends.
  bool Reads() const { return !tunnel_ || read_wanted_ || lingers_; }
  void ReadRequests(absl::string_view bytes);
  void BeginTunnel(const Headers& headers);
  // Passes bytes on when the tunnel's end is ready for them.
  void ReadTunnel();
  void EndTunnel();
  // Serves what has been read, while no answer is under way.
  void Serve();
  void Refuse(int code);
  void Send(absl::string_view bytes);
  void SendHead(int code, const Headers& headers, absl::string_view framing);
  void EndAnswer();
  void WantFlush();
  void Flush();
  absl::Time Deadline() const;

  const std::unique_ptr<net::Socket> socket_;
  const net::ConnectionContext context_;
  const ConnectionOptions options_;
  RequestParser parser_;
  net::OutputQueue output_;
  std::shared_ptr<Answer> answer_;  // of the request under way
  std::string certificate_;         // of the client
  std::string early_;               // what the client sent before it knew of the tunnel
  absl::Time progress_;             // when the connection last did something
  bool head_request_ = false;       // the answer has no body
  bool in_serve_ = false;
  bool flush_wanted_ = false;
  uint32_t watched_;   // the events that the loop reports
  bool last_ = false;  // close after the answer under way
  bool draining_ = false;
  bool tunnel_ = false;       // another protocol has taken over
  bool read_wanted_ = false;  // by the tunnel's end
  bool lingers_ = false;      // the tunnel has ended; waits for the client to close
  bool closed_ = false;
};

}  // namespace kubelite::http
