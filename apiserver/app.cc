#include "apiserver/app.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "apiserver/admission/admission.h"
#include "apiserver/filters/filters.h"
#include "apiserver/identity/bearer_tokens.h"
#include "apiserver/identity/service_account_tokens.h"
#include "apiserver/identity/token_requests.h"
#include "apiserver/node_session/node_sessions.h"
#include "apiserver/rest/rest_server.h"
#include "apiserver/server.h"
#include "apiserver/store_admin/store_admin.h"
#include "apiserver/transport/grpc_server.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "store/store.h"

namespace kubelite::apiserver {
namespace {

absl::StatusOr<std::unique_ptr<store::Store>> OpenStore(const Options& options) {
  const auto queue = static_cast<size_t>(options.watch_cache_size);
  if (options.ephemeral) return store::OpenInMemory(queue);
  absl::StatusOr<std::unique_ptr<store::Store>> opened =
      store::OpenRocksDb({.directory = options.data_dir, .watch_queue_events = queue});
  if (!opened.ok()) return base::Annotate(opened.status(), "--data-dir");
  return opened;
}

}  // namespace

namespace {

absl::StatusOr<std::unique_ptr<base::SigningKey>> ServiceAccountKey(const Options& options) {
  if (options.service_account_key_file.empty()) return base::SigningKey::Create();
  absl::StatusOr<std::string> pem = base::ReadFile(options.service_account_key_file);
  if (!pem.ok()) return base::Annotate(pem.status(), "--service-account-signing-key-file");
  absl::StatusOr<std::unique_ptr<base::SigningKey>> key = base::SigningKey::FromPem(*pem);
  if (key.ok()) return key;
  return base::Annotate(key.status(),
                        absl::StrCat("--service-account-signing-key-file ", options.service_account_key_file));
}

absl::StatusOr<TokenFile> FixedTokens(const Options& options) {
  if (options.token_auth_file.empty()) return TokenFile();
  absl::StatusOr<TokenFile> file = TokenFile::Read(options.token_auth_file);
  if (!file.ok()) return base::Annotate(file.status(), "--token-auth-file");
  return file;
}

}  // namespace

// Destroyed in reverse order: front ends, request path, registry, store.
struct App::State {
  std::unique_ptr<store::Store> store;
  NodeSessions sessions;
  std::unique_ptr<StoreAdmin> store_admin;
  std::unique_ptr<ServiceAccountTokens> accounts;  // the registry's rows use it
  std::unique_ptr<Registry> registry;
  std::unique_ptr<BearerTokens> tokens;
  std::unique_ptr<Server> server;
  std::unique_ptr<GrpcServer> grpc;
  std::unique_ptr<RestServer> rest;
};

App::App(std::unique_ptr<State> state) : state_(std::move(state)) {}
App::~App() { Stop(); }

absl::StatusOr<std::unique_ptr<App>> App::Start(const Options& options, base::Executor* executor,
                                                base::Random* random) {
  RETURN_IF_ERROR(options.Validate());
  GrpcServerOptions grpc;
  absl::StatusOr<std::string> ca = base::ReadFile(options.client_ca_file);
  if (!ca.ok()) return base::Annotate(ca.status(), "--client-ca-file");
  RETURN_IF_ERROR(
      base::Annotate(base::ParseCertificate(*ca).status(), absl::StrCat("--client-ca-file ", options.client_ca_file)));
  grpc.client_ca_pem = *ca;
  absl::StatusOr<base::KeyPair> identity = base::ReadKeyPair(options.tls_cert_file, options.tls_private_key_file);
  if (!identity.ok()) return base::Annotate(identity.status(), "--tls-cert-file, --tls-private-key-file");
  grpc.identity = *std::move(identity);

  ASSIGN_OR_RETURN(std::unique_ptr<base::SigningKey> account_key, ServiceAccountKey(options));
  ASSIGN_OR_RETURN(TokenFile fixed_tokens, FixedTokens(options));

  auto state = std::make_unique<State>();
  ASSIGN_OR_RETURN(state->store, OpenStore(options));
  Registry::Options registry;
  registry.resources = AllResources();
  AddAccessReviews(&registry.resources);
  AddTokenRequests(&state->accounts, &registry.resources);
  registry.admission = AllAdmission();
  registry.store = state->store.get();
  registry.executor = executor;
  registry.random = random;
  registry.retention = options.retention;
  registry.retention_bytes = options.retention_bytes;
  registry.event_ttl = options.event_ttl;
  registry.cache_bytes = static_cast<size_t>(options.object_cache_bytes);
  state->registry = std::make_unique<Registry>(std::move(registry));
  state->accounts = std::make_unique<ServiceAccountTokens>(options.service_account_issuer, std::move(account_key),
                                                           state->registry.get(), random);
  state->tokens = std::make_unique<BearerTokens>(state->accounts.get(), std::move(fixed_tokens));
  RETURN_IF_ERROR(state->registry->Bootstrap());
  state->store_admin = std::make_unique<StoreAdmin>(StoreAdmin::Options{
      .store = state->store.get(), .clock = &executor->clock(), .snapshot_dir = options.snapshot_dir});
  state->server = std::make_unique<Server>(state->registry.get(), &state->sessions, state->store_admin.get(),
                                           AllFilters(state->registry.get(), &base::Metrics()));
  grpc.bind_address = options.bind_address;
  grpc.port = options.grpc_port;
  grpc.server = state->server.get();
  grpc.executor = executor;
  ASSIGN_OR_RETURN(state->grpc, GrpcServer::Start(grpc));
  ASSIGN_OR_RETURN(state->rest, RestServer::Start({.bind_address = options.bind_address,
                                                   .port = options.secure_port,
                                                   .client_ca_pem = grpc.client_ca_pem,
                                                   .identity = grpc.identity,
                                                   .tokens = state->tokens.get(),
                                                   .server = state->server.get(),
                                                   .executor = executor,
                                                   .random = random}));
  return std::unique_ptr<App>(new App(std::move(state)));
}

int App::grpc_port() const { return state_->grpc->port(); }
int App::secure_port() const { return state_->rest->port(); }
std::string App::grpc_address() const { return state_->grpc->address(); }
Server& App::server() { return *state_->server; }

void App::Stop() {
  if (state_ == nullptr) return;
  if (state_->rest) state_->rest->Shutdown();
  if (state_->grpc) state_->grpc->Shutdown();
  state_.reset();
}

}  // namespace kubelite::apiserver
