#pragma once

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/http/message.h"
#include "common/http/request_parser.h"
#include "common/net/stream_connection.h"

namespace kubelite::http {

class Session;

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

// One client's connection, in the version of HTTP that TLS has agreed on, or that the first bytes show. On its loop
// only.
class Connection : public net::StreamConnection {
 public:
  // Unavailable when the system refuses to watch the socket.
  static absl::StatusOr<std::unique_ptr<net::ServedConnection>> New(std::unique_ptr<net::Socket> socket,
                                                                    net::ConnectionContext context,
                                                                    const ConnectionOptions& options);
  ~Connection() override;

  void Drain(const absl::Status& status) override;
  void OnTick() override;

  const ConnectionOptions& options() const { return options_; }
  const std::string& certificate();  // of the client, PEM
  // When the connection last did something.
  absl::Time progress() const { return progress_; }
  void Touch() { progress_ = options_.clock->Now(); }

 private:
  Connection(std::unique_ptr<net::Socket> socket, net::ConnectionContext context, const ConnectionOptions& options);
  void OnReceived(absl::string_view bytes) override;
  void Fill() override;
  void OnSent() override;
  bool Over() const override;
  void OnClose() override;
  // False: the bytes so far could still be of either version.
  bool ChooseSession(absl::string_view bytes);

  const ConnectionOptions options_;
  std::unique_ptr<Session> session_;  // null until the first bytes have come
  std::string undecided_;
  std::string certificate_;
  absl::Time progress_;
  bool draining_ = false;
};

}  // namespace kubelite::http
