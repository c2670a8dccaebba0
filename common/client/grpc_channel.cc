#include <grpc/support/log.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/api/names.h"
#include "common/api/time.h"
#include "common/base/log.h"
#include "common/base/options.h"
#include "common/client/grpc_client.h"

namespace kubelite::client {
namespace {

constexpr int kMaxMessageBytes = 64 << 20;

// With a literal address there is nothing to resolve, and no resolver whose own back-off of a second delays a
// reconnect.
std::string Target(const std::string& address) {
  const absl::StatusOr<base::HostPort> parsed = base::ParseHostPort(address);
  if (!parsed.ok() || !api::ValidateIpAddress(parsed->host).empty()) return address;
  return absl::StrCat(absl::StrContains(parsed->host, ":") ? "ipv6:" : "ipv4:", address);
}

void LogFromGrpc(gpr_log_func_args* args) {
  base::LogDebug(args->message, {{"from", "grpc"}, {"file", args->file}, {"line", args->line}});
}

}  // namespace

void RouteGrpcLog() {
  static const bool routed = [] {
    gpr_set_log_function(LogFromGrpc);
    return true;
  }();
  static_cast<void>(routed);
}

std::shared_ptr<grpc::Channel> NewChannel(const GrpcClientOptions& options) {
  RouteGrpcLog();
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = options.ca_pem;
  tls.pem_cert_chain = options.identity.certificate_pem;
  tls.pem_private_key = options.identity.private_key_pem;
  grpc::ChannelArguments arguments;
  // The API server must allow pings this often (GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS).
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2'000);
  // Also the time that one connection attempt may take.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5'000);
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(kMaxMessageBytes);
  // A proxy of the environment is for the outer world, never for the cluster's own API server.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // Clients of one process with different identities must not share a connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  if (!options.server_name.empty()) arguments.SetSslTargetNameOverride(options.server_name);
  return grpc::CreateCustomChannel(Target(options.address), grpc::SslCredentials(tls), arguments);
}

absl::Status ExplainUnavailable(const GrpcClientOptions& options, absl::string_view grpc_text, absl::Time now) {
  const absl::StatusOr<base::CertificateInfo> own = base::ParseCertificate(options.identity.certificate_pem);
  if (!own.ok()) {
    return absl::UnavailableError(absl::StrCat("client certificate cannot be used: ", own.status().message()));
  }
  if (now > own->not_after) {
    return absl::UnavailableError(absl::StrCat("client certificate of \"", own->common_name, "\" expired on ",
                                               api::FormatRfc3339(own->not_after), "; issue a new one"));
  }
  if (now < own->not_before) {
    return absl::UnavailableError(absl::StrCat("client certificate of \"", own->common_name, "\" is not valid before ",
                                               api::FormatRfc3339(own->not_before), "; check the machine's clock"));
  }
  const std::string where = absl::StrCat("cannot reach the API server at ", options.address);
  // gRPC has no code for a failed handshake; its text only words ours.
  if (absl::StrContains(absl::AsciiStrToLower(grpc_text), "certificate verify failed")) {
    return absl::UnavailableError(absl::StrCat(
        where, ": its certificate is not signed by the certificate authority of this client's kubeconfig, or expired"));
  }
  if (absl::StrContains(grpc_text, "andshake failed") || absl::StrContains(grpc_text, "SSL_ERROR")) {
    return absl::UnavailableError(absl::StrCat(where, ": the TLS handshake failed (", grpc_text, ")"));
  }
  return absl::UnavailableError(grpc_text.empty() ? where : absl::StrCat(where, ": ", grpc_text));
}

}  // namespace kubelite::client
