#include "common/http/server.h"

#include <utility>

#include "common/base/status_macros.h"

namespace kubelite::http {
namespace {

constexpr absl::Duration kTick = absl::Seconds(5);

}  // namespace

struct Server::State {
  Handler handler;
  OpenExchanges exchanges;
  int port = 0;
  std::unique_ptr<net::Server> server;
  std::unique_ptr<base::Strand> timer;  // ends before the server that it ticks

  void TickLater() {
    timer->PostAfter(kTick, [this] {
      server->Tick();
      TickLater();
    });
  }
};

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() { Shutdown(absl::ZeroDuration()); }

absl::StatusOr<std::unique_ptr<Server>> Server::Start(ServerOptions options) {
  auto state = std::make_unique<State>();
  state->handler = std::move(options.handler);
  ConnectionOptions connection;
  connection.handler = &state->handler;
  connection.exchanges = &state->exchanges;
  connection.clock = &options.executor->clock();
  connection.limits = options.limits;
  net::ServerOptions server;
  server.listen = {std::move(options.listen)};
  server.loops = options.loops;
  server.on_bound = [port = &state->port](const std::vector<int>& ports) { *port = ports.front(); };
  server.connect = [connection](std::unique_ptr<net::Socket> socket, net::ConnectionContext context) {
    return Connection::New(std::move(socket), std::move(context), connection);
  };
  server.before_loops_end = [exchanges = &state->exchanges] { exchanges->WaitForNone(); };
  ASSIGN_OR_RETURN(state->server, net::Server::Start(std::move(server)));
  state->timer = std::make_unique<base::Strand>(options.executor);
  state->TickLater();
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

int Server::port() const { return state_->port; }

void Server::Shutdown(absl::Duration grace) {
  state_->timer.reset();
  state_->server->Shutdown(absl::UnavailableError("the server is shutting down"), grace);
}

}  // namespace kubelite::http
