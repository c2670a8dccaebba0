#pragma once

#include <memory>
#include <string>

#include "common/base/certificates.h"
#include "common/client/client.h"
#include "common/client/grpc_client.h"

namespace kubelite::client::testing {

// Serves any Client as kubelite.v1.Api over mTLS on a loopback port, so that the gRPC client can be tested without an
// API server: what goes in at one end must come out of the other.
class GrpcBridge {
 public:
  // `client` outlives the bridge. `port` 0: choose one. Serves only clients whose certificate `ca` signed.
  GrpcBridge(Client* client, const base::KeyPair& ca, int port = 0);
  // Ends all calls.
  ~GrpcBridge();
  int port() const;
  std::string address() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A certificate authority and client options that a bridge with it accepts.
base::KeyPair NewTestAuthority();
GrpcClientOptions OptionsFor(const std::string& address, const base::KeyPair& ca);

}  // namespace kubelite::client::testing
