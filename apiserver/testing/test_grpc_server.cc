#include "apiserver/testing/test_grpc_server.h"

#include <utility>

#include "common/base/check.h"
#include "common/base/mutex.h"

namespace kubelite::apiserver {
namespace {

base::KeyPair Issue(const base::KeyPair& ca, const base::CertificateRequest& request) {
  absl::StatusOr<base::KeyPair> pair = base::IssueCertificate(ca, request, base::SystemClock());
  CHECK_OK(pair.status());
  return *std::move(pair);
}

base::KeyPair NewAuthority() {
  absl::StatusOr<base::KeyPair> ca = base::CreateCertificateAuthority("test-ca", base::SystemClock());
  CHECK_OK(ca.status());
  return *std::move(ca);
}

}  // namespace

TestGrpcServer::TestGrpcServer()
    : ca_(NewAuthority()),
      identity_(Issue(ca_, {.common_name = "kube-apiserver",
                            .dns_names = {"localhost"},
                            .ip_addresses = {"127.0.0.1"},
                            .server = true,
                            .client = false})) {
  Serve(0);
}

TestGrpcServer::~TestGrpcServer() = default;

void TestGrpcServer::Serve(int port) {
  GrpcServerOptions options;
  options.port = port;
  options.client_ca_pem = ca_.certificate_pem;
  options.identity = identity_;
  options.server = &api_.server();
  options.executor = &executor_;
  absl::StatusOr<std::unique_ptr<GrpcServer>> server = GrpcServer::Start(options);
  CHECK_OK(server.status());
  grpc_ = *std::move(server);
}

void TestGrpcServer::Restart() {
  const int port = grpc_->port();
  grpc_.reset();
  Serve(port);
}

client::GrpcClientOptions TestGrpcServer::OptionsFor(const base::CertificateRequest& request) const {
  client::GrpcClientOptions options;
  options.address = address();
  options.ca_pem = ca_.certificate_pem;
  options.identity = Issue(ca_, request);
  return options;
}

std::unique_ptr<client::Client> TestGrpcServer::ClientFor(const std::string& user,
                                                          std::vector<std::string> groups) const {
  return client::NewGrpcClient(OptionsFor({.common_name = user, .organizations = std::move(groups)}));
}

bool WaitFor(const std::function<bool()>& condition) {
  base::Mutex mutex;
  base::CondVar never;
  for (int i = 0; i < 20'000; ++i) {
    if (condition()) return true;
    base::MutexLock lock(&mutex);
    never.WaitForNanos(&mutex, 1'000'000);
  }
  return false;
}

}  // namespace kubelite::apiserver
