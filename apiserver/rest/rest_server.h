#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "apiserver/identity/bearer_tokens.h"
#include "apiserver/server.h"
#include "common/base/certificates.h"
#include "common/base/executor.h"
#include "common/base/random.h"

namespace kubelite::apiserver {

struct RestServerOptions {
  std::string bind_address = "127.0.0.1";
  int port = 6443;                       // 0: choose one
  std::string client_ca_pem;             // of client certificates; clients without one are anonymous
  base::KeyPair identity;                // of the server
  const BearerTokens* tokens = nullptr;  // outlives this; null: nobody is known by a token
  Server* server = nullptr;              // outlives this
  base::Executor* executor = nullptr;
  base::Random* random = nullptr;
};

// The Kubernetes REST front end over HTTPS.
class RestServer {
 public:
  // Errors name the flag.
  static absl::StatusOr<std::unique_ptr<RestServer>> Start(const RestServerOptions& options);
  ~RestServer();  // Shutdown()

  int port() const;
  // Takes no more requests, ends watches, and waits for those under way. After `grace` their connections are closed;
  // it blocks until none of them runs any more. /readyz fails meanwhile.
  void Shutdown(absl::Duration grace = absl::Seconds(10));

 private:
  struct State;
  explicit RestServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace kubelite::apiserver
