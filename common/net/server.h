#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/options.h"
#include "common/net/event_loop.h"
#include "common/net/socket.h"
#include "common/net/tls.h"

namespace kubelite::net {

// One client's connection as its server sees it. On its loop only.
class ServedConnection : public EventLoop::Handler {
 public:
  // Takes no more requests, ends its streams with `status`, and closes when the requests under way are answered.
  virtual void Drain(const absl::Status& status) = 0;
  virtual void Close() = 0;  // at once
  // Called every few seconds when the server has a `tick`.
  virtual void OnTick() {}
};

// What a connection gets from its server.
struct ConnectionContext {
  EventLoop* loop = nullptr;
  absl::Span<char> read_buffer;  // shared by the loop's connections
  // To be called once, when the connection is over; the server destroys it then.
  std::function<void(ServedConnection*)> on_closed;
};

struct ListenOptions {
  base::HostPort address;     // port 0: choose one
  TlsContext* tls = nullptr;  // null: in clear; outlives the server
};

struct ServerOptions {
  std::vector<ListenOptions> listen;
  std::function<absl::StatusOr<std::unique_ptr<ServedConnection>>(std::unique_ptr<Socket>, ConnectionContext)> connect;
  int loops = 2;  // threads that move bytes and run handlers
  // Told the chosen ports, in the order of `listen`, before the first connection comes. Nullable.
  std::function<void(const std::vector<int>& ports)> on_bound;
  // Called by Shutdown when every connection is being closed, while the loops still run: may wait for whoever posts to
  // them. Nullable.
  std::function<void()> before_loops_end;
};

// Accepts connections and spreads them over event loops. Only here are listeners and threads.
class Server {
 public:
  // Errors name the address.
  static absl::StatusOr<std::unique_ptr<Server>> Start(ServerOptions options);
  ~Server();  // Shutdown()

  // Takes no more connections, drains those there are, and waits for them to close, at most `grace`. Blocks; must not
  // be called from a loop.
  void Shutdown(const absl::Status& status, absl::Duration grace);
  // Calls OnTick of every connection, soon, on its loop. Thread-safe.
  void Tick();

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace kubelite::net
