#include "apiserver/app.h"

#include <gtest/gtest.h>

#include <string>

#include "common/base/certificates.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/base/testing/status_matchers.h"
#include "common/base/thread_pool.h"
#include "common/client/grpc_client.h"

namespace kubelite::apiserver {
namespace {

using base::StatusIs;
using k8s::core::v1::ConfigMap;
using ::testing::AllOf;
using ::testing::HasSubstr;

class AppTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(ca_, base::CreateCertificateAuthority("ca", base::SystemClock()));
    ASSERT_OK(base::WriteKeyPair(ca_, Path("ca")));
    ASSERT_OK_AND_ASSIGN(
        const auto server,
        base::IssueCertificate(ca_, {.common_name = "kube-apiserver", .ip_addresses = {"127.0.0.1"}, .server = true},
                               base::SystemClock()));
    ASSERT_OK(base::WriteKeyPair(server, Path("server")));
    options_.data_dir = Path("store");
    options_.grpc_port = 0;
    options_.secure_port = 0;
    options_.client_ca_file = Path("ca.crt");
    options_.tls_cert_file = Path("server.crt");
    options_.tls_private_key_file = Path("server.key");
  }
  std::string Path(const std::string& name) const { return directory_.path() + "/" + name; }
  absl::StatusOr<std::unique_ptr<App>> Start() { return App::Start(options_, &executor_, &random_); }
  std::unique_ptr<client::Client> ClientOf(const App& app) {
    client::GrpcClientOptions options;
    options.address = app.grpc_address();
    options.ca_pem = ca_.certificate_pem;
    const auto identity =
        base::IssueCertificate(ca_, {.common_name = "admin", .organizations = {"system:masters"}}, base::SystemClock());
    EXPECT_OK(identity);
    options.identity = *identity;
    return client::NewGrpcClient(options);
  }

  base::TemporaryDirectory directory_;
  base::KeyPair ca_;
  base::ThreadPool executor_{4};
  base::Random random_{1};
  Options options_;
};

TEST_F(AppTest, ObjectsSurviveARestart) {
  ConfigMap map;
  map.mutable_metadata()->set_name("kept");
  map.mutable_metadata()->set_namespace_("default");
  std::string version;
  {
    ASSERT_OK_AND_ASSIGN(const auto app, Start());
    ASSERT_OK_AND_ASSIGN(const auto created, client::Create(*ClientOf(*app), map));
    version = created->metadata().resourceversion();
    app->Stop();
  }
  ASSERT_OK_AND_ASSIGN(const auto app, Start());
  ASSERT_OK_AND_ASSIGN(const auto read, client::Get<ConfigMap>(*ClientOf(*app), {"default", "kept"}));
  EXPECT_EQ(read->metadata().resourceversion(), version);
}

TEST_F(AppTest, EphemeralClustersLeaveNothing) {
  options_.data_dir.clear();
  options_.ephemeral = true;
  ASSERT_OK_AND_ASSIGN(const auto app, Start());
  EXPECT_OK(ClientOf(*app)->List(api::ResourceOf<k8s::core::v1::Namespace>(), {}));
  EXPECT_GT(app->grpc_port(), 0);
}

TEST_F(AppTest, OptionsNameEveryProblem) {
  Options options;
  options.grpc_port = 70000;
  EXPECT_THAT(std::string(options.Validate().message()),
              AllOf(HasSubstr("--data-dir"), HasSubstr("--grpc-port must be between 0 and 65535"),
                    HasSubstr("--client-ca-file"), HasSubstr("--tls-cert-file"), HasSubstr("--tls-private-key-file")));
}

TEST_F(AppTest, WhatCannotBeUsedIsNamed) {
  ASSERT_OK_AND_ASSIGN(const auto running, Start());
  EXPECT_THAT(Start(), StatusIs(absl::StatusCode::kFailedPrecondition, "the directory is in use"));
  options_.data_dir = Path("other");
  options_.grpc_port = running->grpc_port();
  EXPECT_THAT(Start(), StatusIs(absl::StatusCode::kFailedPrecondition, "--grpc-port"));
  options_.grpc_port = 0;
  options_.secure_port = running->secure_port();
  EXPECT_THAT(Start(), StatusIs(absl::StatusCode::kFailedPrecondition, "choose another --secure-port"));
  options_.secure_port = 0;
  options_.client_ca_file = Path("missing.crt");
  EXPECT_THAT(Start(), StatusIs(absl::StatusCode::kNotFound, "--client-ca-file"));
  options_.client_ca_file = Path("ca.key");
  EXPECT_THAT(Start(), StatusIs(absl::StatusCode::kInvalidArgument, "--client-ca-file"));
  options_.client_ca_file = Path("ca.crt");
  options_.tls_private_key_file = Path("ca.key");
  EXPECT_THAT(Start(), StatusIs(absl::StatusCode::kFailedPrecondition, "--tls-cert-file, --tls-private-key-file"));
}

}  // namespace
}  // namespace kubelite::apiserver
