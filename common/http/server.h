#pragma once

#include <memory>

#include "common/base/executor.h"
#include "common/http/connection.h"
#include "common/net/server.h"

namespace kubelite::http {

struct ServerOptions {
  net::ListenOptions listen;
  Handler handler;
  Limits limits;
  int loops = 2;
  base::Executor* executor = nullptr;  // for the timeouts of slow clients
};

// Serves HTTP/1.1 on one address.
class Server {
 public:
  // Errors name the address.
  static absl::StatusOr<std::unique_ptr<Server>> Start(ServerOptions options);
  ~Server();  // Shutdown(), without grace

  int port() const;
  // No new connections; streamed answers are cut, the others finished. After `grace` all connections are closed, but
  // it blocks until nobody holds an exchange any more: no handler's work outlives it.
  void Shutdown(absl::Duration grace);

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace kubelite::http
