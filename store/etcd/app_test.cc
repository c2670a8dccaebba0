#include "store/etcd/app.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/certificates.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/testing/status_matchers.h"
#include "common/base/thread_pool.h"
#include "etcd/rpc.grpc.pb.h"

namespace kubelite::etcd {
namespace {

using base::StatusIs;
using etcdserverpb::KV;

class AppTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return absl::StrCat(directory_.path(), "/", name); }

  std::unique_ptr<App> Start(const Options& options) {
    auto started = App::Start(options, &executor_, &random_);
    EXPECT_OK(started);
    return started.ok() ? *std::move(started) : nullptr;
  }
  Options InClear(const std::string& data_dir) const {
    Options options;
    options.data_dir = Path(data_dir);
    options.listen_client_urls = {"http://127.0.0.1:0"};
    return options;
  }
  static std::string AddressOf(const App& app) {
    const std::vector<std::string> parts = absl::StrSplit(app.urls().front(), "://");
    return parts[1];
  }
  static std::shared_ptr<grpc::Channel> Connect(const App& app) {
    return grpc::CreateChannel(AddressOf(app), grpc::InsecureChannelCredentials());
  }
  static grpc::Status Put(const std::shared_ptr<grpc::Channel>& channel, const std::string& key) {
    etcdserverpb::PutRequest request;
    request.set_key(key);
    request.set_value("x");
    etcdserverpb::PutResponse response;
    grpc::ClientContext context;
    return KV::NewStub(channel)->Put(&context, request, &response);
  }
  static int64_t Count(const std::shared_ptr<grpc::Channel>& channel) {
    etcdserverpb::RangeRequest request;
    request.set_key(std::string(1, '\0'));
    request.set_range_end(std::string(1, '\0'));
    etcdserverpb::RangeResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(KV::NewStub(channel)->Range(&context, request, &response).ok());
    return response.count();
  }

  // A CA with a server's certificate in server.crt and server.key.
  void MakeCertificates() {
    const base::Clock& clock = base::SystemClock();
    ca_ = *base::CreateCertificateAuthority("test-ca", clock);
    const base::CertificateRequest server = {
        .common_name = "server", .dns_names = {"localhost"}, .ip_addresses = {"127.0.0.1"}, .server = true};
    ASSERT_OK(base::WriteKeyPair(*base::IssueCertificate(ca_, server, clock), Path("server")));
    ASSERT_OK(base::WriteFileAtomically(Path("ca.crt"), ca_.certificate_pem));
  }
  std::shared_ptr<grpc::Channel> ConnectTls(const App& app, const base::KeyPair* client) const {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = ca_.certificate_pem;
    if (client != nullptr) {
      tls.pem_private_key = client->private_key_pem;
      tls.pem_cert_chain = client->certificate_pem;
    }
    return grpc::CreateChannel(AddressOf(app), grpc::SslCredentials(tls));
  }

  const base::TemporaryDirectory directory_;
  base::ThreadPool executor_{4};
  base::Random random_{1};
  base::KeyPair ca_;
};

TEST_F(AppTest, KeepsWhatWasWritten) {
  std::unique_ptr<App> app = Start(InClear("data"));
  ASSERT_TRUE(Put(Connect(*app), "a").ok());
  app.reset();
  app = Start(InClear("data"));
  EXPECT_EQ(Count(Connect(*app)), 1);
}

TEST_F(AppTest, TwoDoNotShareADirectory) {
  const std::unique_ptr<App> app = Start(InClear("data"));
  EXPECT_THAT(App::Start(InClear("data"), &executor_, &random_),
              StatusIs(absl::StatusCode::kFailedPrecondition, "--data-dir"));
}

TEST_F(AppTest, APortThatIsTakenIsNamed) {
  const std::unique_ptr<App> app = Start(InClear("data"));
  Options second = InClear("other");
  second.listen_client_urls = app->urls();
  EXPECT_THAT(App::Start(second, &executor_, &random_).status().ToString(),
              testing::AllOf(testing::HasSubstr("--listen-client-urls"), testing::HasSubstr(AddressOf(*app))));
}

TEST_F(AppTest, ClientsShowCertificates) {
  MakeCertificates();
  Options options = InClear("data");
  options.listen_client_urls = {"https://127.0.0.1:0"};
  options.cert_file = Path("server.crt");
  options.key_file = Path("server.key");
  options.trusted_ca_file = Path("ca.crt");
  options.client_cert_auth = true;
  const std::unique_ptr<App> app = Start(options);
  const base::Clock& clock = base::SystemClock();
  const base::KeyPair client = *base::IssueCertificate(ca_, {.common_name = "client"}, clock);
  EXPECT_TRUE(Put(ConnectTls(*app, &client), "a").ok());
  EXPECT_FALSE(Put(ConnectTls(*app, nullptr), "b").ok());
  const base::KeyPair other_ca = *base::CreateCertificateAuthority("other-ca", clock);
  const base::KeyPair stranger = *base::IssueCertificate(other_ca, {.common_name = "client"}, clock);
  EXPECT_FALSE(Put(ConnectTls(*app, &stranger), "c").ok());
  EXPECT_FALSE(Put(Connect(*app), "d").ok()) << "in clear";
  EXPECT_EQ(Count(ConnectTls(*app, &client)), 1);
}

TEST_F(AppTest, FilesThatTlsRefusesAreNamed) {
  MakeCertificates();
  Options options = InClear("data");
  options.listen_client_urls = {"https://127.0.0.1:0"};
  options.cert_file = Path("server.crt");
  options.key_file = Path("absent.key");
  EXPECT_THAT(App::Start(options, &executor_, &random_), StatusIs(absl::StatusCode::kNotFound, "--cert-file"));
  options.key_file = Path("server.key");
  options.trusted_ca_file = Path("server.key");
  EXPECT_THAT(App::Start(options, &executor_, &random_),
              StatusIs(absl::StatusCode::kInvalidArgument, "--trusted-ca-file"));
}

TEST_F(AppTest, ASnapshotIsRestoredElsewhere) {
  std::unique_ptr<App> app = Start(InClear("data"));
  const auto channel = Connect(*app);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(Put(channel, absl::StrCat("key", i)).ok());
  grpc::ClientContext context;
  const auto stream = etcdserverpb::Maintenance::NewStub(channel)->Snapshot(&context, etcdserverpb::SnapshotRequest());
  etcdserverpb::SnapshotResponse response;
  {
    std::ofstream out(Path("snapshot"), std::ios::binary);
    while (stream->Read(&response)) out << response.blob();
  }
  ASSERT_TRUE(stream->Finish().ok());
  EXPECT_EQ(response.remaining_bytes(), 0u);
  EXPECT_EQ(response.header().revision(), 101);
  ASSERT_TRUE(Put(channel, "later").ok());

  Options restored = InClear("restored");
  restored.restore_from = Path("snapshot");
  ASSERT_OK(Restore(restored));
  EXPECT_EQ(Count(Connect(*Start(restored))), 100);

  Options in_use = InClear("data");
  in_use.restore_from = Path("snapshot");
  EXPECT_THAT(Restore(in_use), StatusIs(absl::StatusCode::kFailedPrecondition, ""));
  EXPECT_EQ(Count(channel), 101);
  app.reset();
  for (const auto& entry : std::filesystem::directory_iterator(Path("data"))) {
    EXPECT_FALSE(absl::StartsWith(entry.path().filename().string(), "snapshot-")) << entry.path();
  }
  EXPECT_FALSE(std::filesystem::exists(Path("data.restoring")));
}

TEST_F(AppTest, RestoreRefusesOtherFiles) {
  ASSERT_OK(base::WriteFileAtomically(Path("file"), std::string(4096 + 32, 'x')));
  Options options = InClear("data");
  options.restore_from = Path("file");
  EXPECT_THAT(Restore(options), StatusIs(absl::StatusCode::kDataLoss, Path("file")));
  EXPECT_FALSE(std::filesystem::exists(Path("data")));
}

TEST_F(AppTest, OverTheQuotaOnlyDeletesGoThrough) {
  Options options = InClear("data");
  options.quota_backend_bytes = 1;
  const std::unique_ptr<App> app = Start(options);
  const auto channel = Connect(*app);
  ASSERT_TRUE(Put(channel, "a").ok() || true);  // the disk is looked at now and then
  grpc::Status status;
  do {
    status = Put(channel, "a");
  } while (status.ok());
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(status.error_message(), "etcdserver: mvcc: database space exceeded");
  etcdserverpb::DeleteRangeRequest request;
  request.set_key("a");
  etcdserverpb::DeleteRangeResponse response;
  grpc::ClientContext context;
  EXPECT_TRUE(KV::NewStub(channel)->DeleteRange(&context, request, &response).ok());
  EXPECT_EQ(response.deleted(), 1);
}

}  // namespace
}  // namespace kubelite::etcd
