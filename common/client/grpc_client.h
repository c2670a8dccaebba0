#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/certificates.h"
#include "common/client/client.h"
#include "common/client/moment.h"

namespace grpc {
class Channel;
}

namespace kubelite::client {

struct GrpcClientOptions {
  std::string address;  // "127.0.0.1:6444"
  std::string ca_pem;   // trusted certificate authority
  base::KeyPair identity;
  std::string server_name;  // expected in the server's certificate when it differs from the address's host
  // Calls fail with Unavailable after this long without an answer.
  absl::Duration timeout = absl::Seconds(30);
  std::string field_manager;  // default for writes: the component's name
  // Unary calls wait up to three seconds for a missing connection, and watches without end, so that daemons ride out a
  // restart of the API server; List does not wait, because informers try again by themselves and must not hold threads.
  // False: all fail with the first failed attempt (command line tools). A connection lost after a request was sent is
  // always Unavailable at once: whether it took effect is unknown.
  bool wait_for_ready = true;
  // Reads show this moment: Get, List and tables, whose ages are told as of its time. Other calls are refused with
  // FailedPrecondition.
  std::optional<Moment> at;
};

// Sends gRPC's own log lines to ours at debug level, instead of to standard error. NewChannel does so; a process that
// only serves gRPC calls it before it builds its server.
void RouteGrpcLog();

// A channel over mTLS that reconnects with jittered back-off (from gRPC's least, 100 ms, to 2 s) and notices a dead
// server by pings within 30 s. Shared by the client and the node session. Errors of its calls are explained by
// ExplainUnavailable.
std::shared_ptr<grpc::Channel> NewChannel(const GrpcClientOptions& options);
// Unavailable with one clear line why the API server cannot be reached, given gRPC's own text: names the address and,
// when the client's certificate is outside its validity or the server's is not trusted, says so.
absl::Status ExplainUnavailable(const GrpcClientOptions& options, absl::string_view grpc_text, absl::Time now);

// The Client over gRPC. Makes no connection until the first call.
std::unique_ptr<Client> NewGrpcClient(const GrpcClientOptions& options);

}  // namespace kubelite::client
