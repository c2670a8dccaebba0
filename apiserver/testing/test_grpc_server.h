#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "apiserver/testing/test_server.h"
#include "apiserver/transport/grpc_server.h"
#include "common/base/certificates.h"
#include "common/base/thread_pool.h"
#include "common/client/grpc_client.h"

namespace kubelite::apiserver {

// A TestServer behind the real gRPC front end on a free loopback port, with certificates of its own.
class TestGrpcServer {
 public:
  TestGrpcServer();
  ~TestGrpcServer();

  TestServer& api() { return api_; }
  std::string address() const { return grpc_->address(); }
  const base::KeyPair& ca() const { return ca_; }
  // What a client with this certificate needs.
  client::GrpcClientOptions OptionsFor(const base::CertificateRequest& request) const;
  std::unique_ptr<client::Client> ClientFor(const std::string& user, std::vector<std::string> groups = {}) const;
  std::unique_ptr<client::Client> AdminClient() const { return ClientFor("admin", {"system:masters"}); }
  // Closes all connections and serves again on the same port.
  void Restart();

 private:
  void Serve(int port);

  base::ThreadPool executor_{4};
  base::Random random_{1};
  TestServer api_{&executor_, &random_};
  const base::KeyPair ca_;
  const base::KeyPair identity_;
  std::unique_ptr<GrpcServer> grpc_;
};

// Waits, in real time, until `condition` holds: for tests with real threads. False after 20 seconds.
bool WaitFor(const std::function<bool()>& condition);

}  // namespace kubelite::apiserver
