#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/certificates.h"
#include "common/client/client.h"

namespace grpc {
class Channel;
}

namespace kubelite::client {

struct GrpcClientOptions {
  std::string address;  // "127.0.0.1:6444"
  std::string ca_pem;   // trusted certificate authority
  base::KeyPair identity;
  std::string server_name;  // expected in the server's certificate when it differs from the address's host
  // Unary calls fail with Unavailable after this long without a connection or an answer.
  absl::Duration timeout = absl::Seconds(30);
  std::string field_manager;  // default for writes: the component's name
};

// A channel over mTLS that reconnects with jittered back-off (from 20 ms to 2 s). Shared by the client and the node session.
std::shared_ptr<grpc::Channel> NewChannel(const GrpcClientOptions& options);
// The Client over gRPC. Makes no connection until the first call.
std::unique_ptr<Client> NewGrpcClient(const GrpcClientOptions& options);

}  // namespace kubelite::client
