#include "apiserver/rest/rest_server.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "apiserver/rest/service.h"
#include "common/base/status_macros.h"
#include "common/http/server.h"

namespace kubelite::apiserver {
namespace {

// A little over what a body may have, so that the API's own error is told.
constexpr size_t kMaxBodyBytes = 4 << 20;

}  // namespace

// Destroyed in reverse order: the connections before what serves them.
struct RestServer::State {
  std::unique_ptr<RestService> service;
  std::unique_ptr<net::TlsContext> tls;
  std::unique_ptr<http::Server> http;
};

RestServer::RestServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
RestServer::~RestServer() { Shutdown(absl::ZeroDuration()); }

absl::StatusOr<std::unique_ptr<RestServer>> RestServer::Start(const RestServerOptions& options) {
  auto state = std::make_unique<State>();
  state->service = std::make_unique<RestService>(options.server, options.executor, options.random, options.tokens);
  ASSIGN_OR_RETURN(state->tls, net::TlsContext::New({.identity = options.identity,
                                                     .client_ca_pem = options.client_ca_pem,
                                                     .client_certificate_needed = false,
                                                     .protocols = {"h2", "http/1.1"}}));
  http::ServerOptions http;
  http.listen = {.address = {options.bind_address, options.port}, .tls = state->tls.get()};
  http.handler = [service = state->service.get()](http::Request request, http::ExchangePtr exchange) {
    service->Handle(std::move(request), std::move(exchange));
  };
  http.limits.body_bytes = kMaxBodyBytes;
  http.executor = options.executor;
  absl::StatusOr<std::unique_ptr<http::Server>> started = http::Server::Start(std::move(http));
  if (!started.ok()) {
    return absl::Status(started.status().code(),
                        absl::StrCat("REST: ", started.status().message(),
                                     "; stop what listens there, or choose another --secure-port or --bind-address"));
  }
  state->http = *std::move(started);
  return std::unique_ptr<RestServer>(new RestServer(std::move(state)));
}

int RestServer::port() const { return state_->http->port(); }

void RestServer::Shutdown(absl::Duration grace) {
  state_->service->BeginStop();
  state_->http->Shutdown(grace);
}

}  // namespace kubelite::apiserver
