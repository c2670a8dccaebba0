#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "apiserver/server.h"
#include "common/base/certificates.h"
#include "common/base/executor.h"

namespace kubelite::apiserver {

struct GrpcServerOptions {
  std::string bind_address = "127.0.0.1";
  int port = 6444;            // 0: choose one
  std::string client_ca_pem;  // who may connect
  base::KeyPair identity;     // of the server
  Server* server = nullptr;   // outlives this
  base::Executor* executor = nullptr;
};

// The gRPC front end: services Api and NodeSession, server reflection and the standard health service, over TLS with
// mandatory client certificates. gRPC's threads only move bytes; every request runs on the executor.
class GrpcServer {
 public:
  // FailedPrecondition naming the flag when the port is in use; InvalidArgument for keys that TLS refuses.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(const GrpcServerOptions& options);
  ~GrpcServer();  // Shutdown()

  int port() const;
  // "host:port" as clients dial it.
  std::string address() const;
  // Not ready any more, refuses new calls, ends watches and streams, and waits for calls in flight, at most `grace`.
  // Blocks.
  void Shutdown(absl::Duration grace = absl::Seconds(10));

 private:
  struct State;
  explicit GrpcServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace kubelite::apiserver
