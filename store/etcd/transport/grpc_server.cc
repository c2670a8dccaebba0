#include "store/etcd/transport/grpc_server.h"

#include <utility>

#include "common/base/status_macros.h"
#include "store/etcd/transport/connection.h"

namespace kubelite::etcd {

struct GrpcServer::State {
  Methods methods;
  std::unique_ptr<net::Server> server;
};

GrpcServer::GrpcServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
GrpcServer::~GrpcServer() { Shutdown(absl::UnavailableError("server stopped"), absl::ZeroDuration()); }

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(GrpcServerOptions options) {
  auto state = std::make_unique<State>();
  state->methods = std::move(options.methods);
  net::ServerOptions server;
  server.listen = std::move(options.listen);
  server.loops = options.loops;
  server.on_bound = std::move(options.on_bound);
  server.connect = [methods = &state->methods, max_bytes = options.max_message_bytes](
                       std::unique_ptr<Socket> socket,
                       net::ConnectionContext context) -> absl::StatusOr<std::unique_ptr<net::ServedConnection>> {
    return Connection::New(std::move(socket),
                           {.context = std::move(context), .methods = methods, .max_message_bytes = max_bytes});
  };
  ASSIGN_OR_RETURN(state->server, net::Server::Start(std::move(server)));
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(state)));
}

void GrpcServer::Shutdown(const absl::Status& status, absl::Duration grace) { state_->server->Shutdown(status, grace); }

}  // namespace kubelite::etcd
