#include "apiserver/rest/remote/remote.h"

#include <utility>

#include "apiserver/rest/remote/command.h"
#include "apiserver/rest/remote/negotiate.h"
#include "apiserver/rest/remote/port_forward.h"
#include "apiserver/rest/streams.h"
#include "common/api/errors.h"
#include "common/base/status_macros.h"

namespace kubelite::apiserver {
namespace {

absl::Status ServeCommand(Server* server, base::Executor* executor, Request request, const Url& url,
                          const http::Request& http, const http::ExchangePtr& exchange) {
  ASSIGN_OR_RETURN(const kubelite::v1::StreamOpen open, ReadCommand(url, request.subresource));
  ASSIGN_OR_RETURN(Upgrade upgrade, NegotiateCommand(http, open));
  const auto call = std::make_shared<CommandCall>(executor, exchange, std::move(upgrade), open);
  RETURN_IF_ERROR(call->Connect(
      [&](std::function<void()> on_ready) { return server->Connect(&request, open, std::move(on_ready)); }));
  call->Begin();
  return absl::OkStatus();
}

absl::Status ServePortForward(Server* server, base::Executor* executor, Request request, const Url& url,
                              const http::Request& http, const http::ExchangePtr& exchange) {
  RETURN_IF_ERROR(server->MayConnect(&request));
  ASSIGN_OR_RETURN(Upgrade upgrade, NegotiatePortForward(http, url));
  const std::string pod = request.name;
  auto open = [server, request = std::move(request)](int port, std::function<void()> on_ready) {
    kubelite::v1::StreamOpen stream;
    stream.mutable_port_forward()->set_port(port);
    Request connect = request;
    return server->Connect(&connect, stream, std::move(on_ready));
  };
  std::make_shared<PortForwardCall>(executor, exchange, std::move(upgrade), pod, std::move(open))->Begin();
  return absl::OkStatus();
}

}  // namespace

bool IsRemote(const Request& request) {
  const std::string& name = request.subresource;
  return request.resource == "pods" && (name == "exec" || name == "attach" || name == "portforward") &&
         (request.verb == "get" || request.verb == "create");
}

void ServeRemote(Server* server, base::Executor* executor, Request request, const Url& url, const http::Request& http,
                 http::ExchangePtr exchange) {
  const bool ports = request.subresource == "portforward";
  const absl::Status status =
      (ports ? ServePortForward : ServeCommand)(server, executor, std::move(request), url, http, exchange);
  if (!status.ok()) exchange->Respond(ErrorResponse(status, Media::Encoding::kJson));
}

}  // namespace kubelite::apiserver
