#include "apiserver/transport/grpc_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/resource_quota.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "apiserver/transport/grpc_calls.h"
#include "apiserver/transport/grpc_service.h"
#include "common/base/clock.h"
#include "common/base/options.h"
#include "common/base/sockets.h"
#include "common/base/status_macros.h"

namespace kubelite::apiserver {
namespace {

// Above the limit for bodies, so that somewhat larger ones get a proper answer instead of a transport error.
constexpr int kMaxReceiveBytes = 16 << 20;
constexpr int kMaxSendBytes = 64 << 20;
// All connections and messages in work together.
constexpr size_t kMemoryQuota = 256 << 20;

void Tune(grpc::ServerBuilder* builder) {
  builder->SetMaxReceiveMessageSize(kMaxReceiveBytes);
  builder->SetMaxSendMessageSize(kMaxSendBytes);
  grpc::ResourceQuota quota("apiserver");
  quota.Resize(kMemoryQuota);
  builder->SetResourceQuota(quota);
  // Two servers on one port would share its connections.
  builder->AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Clients find out by pings that their connection is dead; so does the server.
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5000);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30000);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10000);
}

std::shared_ptr<grpc::ServerCredentials> Credentials(const GrpcServerOptions& options) {
  grpc::SslServerCredentialsOptions tls(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.pem_root_certs = options.client_ca_pem;
  tls.pem_key_cert_pairs.push_back({options.identity.private_key_pem, options.identity.certificate_pem});
  return grpc::SslServerCredentials(tls);
}

}  // namespace

struct GrpcServer::State {
  explicit State(const GrpcServerOptions& options) : host(options.bind_address), identities(options.executor->clock()) {
    calls.server = options.server;
    calls.executor = options.executor;
    calls.identities = &identities;
    calls.streams = &streams;
  }

  const std::string host;
  Identities identities;
  OpenStreams streams;
  CallContext calls;
  std::vector<std::unique_ptr<grpc::Service>> services;
  std::unique_ptr<grpc::Server> server;
  int port = 0;
};

GrpcServer::GrpcServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
GrpcServer::~GrpcServer() { Shutdown(); }

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(const GrpcServerOptions& options) {
  const std::string address = base::HostPort{options.bind_address, options.port}.ToString();
  if (options.port != 0) {
    const absl::Status free = base::PortIsFree(options.bind_address, options.port);
    if (!free.ok()) {
      return absl::Status(free.code(), absl::StrCat("cannot listen for gRPC: ", free.message(),
                                                    "; stop what listens there, or choose another --grpc-port or "
                                                    "--bind-address"));
    }
  }
  auto state = std::make_unique<State>(options);
  for (const auto make : {NewApiService, NewNodeSessionService, NewHistoryService, NewStoreAdminService}) {
    state->services.push_back(make(&state->calls));
  }
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  Tune(&builder);
  builder.AddListeningPort(address, Credentials(options), &state->port);
  for (const std::unique_ptr<grpc::Service>& service : state->services) builder.RegisterService(service.get());
  state->server = builder.BuildAndStart();
  if (state->server == nullptr || state->port == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot serve gRPC on ", address,
                     ": the address cannot be used (--bind-address, --grpc-port) or TLS refuses the certificates "
                     "(--client-ca-file, --tls-cert-file, --tls-private-key-file)"));
  }
  state->server->GetHealthCheckService()->SetServingStatus("kubelite.v1.Api", true);
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(state)));
}

int GrpcServer::port() const { return state_->port; }

std::string GrpcServer::address() const {
  const bool any = state_->host == "0.0.0.0" || state_->host == "::";
  return base::HostPort{any ? "127.0.0.1" : state_->host, state_->port}.ToString();
}

void GrpcServer::Shutdown(absl::Duration grace) {
  if (state_->server == nullptr) return;
  state_->server->GetHealthCheckService()->Shutdown();
  state_->streams.EndAll();
  state_->server->Shutdown(absl::ToChronoTime(base::SystemClock().Now() + grace));
  state_->server.reset();
  state_->calls.TakeOver();
}

}  // namespace kubelite::apiserver
