#include "store/etcd/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/testing/status_matchers.h"

namespace kubelite::etcd {
namespace {

using base::IsOkAndHolds;
using base::StatusIs;
using testing::AllOf;
using testing::HasSubstr;
using testing::Property;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

Options Good() {
  Options options;
  options.data_dir = "/data";
  return options;
}

TEST(OptionsTest, DefaultsNeedOnlyADirectory) {
  EXPECT_OK(Good().Validate());
  EXPECT_THAT(Options().Validate(), StatusIs(kInvalid, "--data-dir"));
}

TEST(OptionsTest, AllProblemsAreNamedTogether) {
  Options options;
  options.name = "";
  options.max_request_bytes = 0;
  options.max_txn_ops = 0;
  options.quota_backend_bytes = -1;
  options.auto_compaction_mode = "sometimes";
  options.progress_interval = absl::Milliseconds(1);
  const std::string problems(options.Validate().message());
  EXPECT_THAT(problems, AllOf(HasSubstr("--name"), HasSubstr("--data-dir"), HasSubstr("--max-request-bytes"),
                              HasSubstr("--max-txn-ops"), HasSubstr("--quota-backend-bytes"),
                              HasSubstr("--auto-compaction-mode"), HasSubstr("--watch-progress-notify-interval")));
}

TEST(OptionsTest, ClearTextStaysOnLoopback) {
  Options options = Good();
  for (const char* url : {"http://127.0.0.1:0", "http://localhost:2379", "http://[::1]:1", "http://127.1.2.3:1"}) {
    options.listen_client_urls = {url};
    EXPECT_OK(options.Validate());
  }
  options.listen_client_urls = {"http://0.0.0.0:2379"};
  EXPECT_THAT(options.Validate(), StatusIs(kInvalid, "use https"));
}

TEST(OptionsTest, TlsNeedsItsFiles) {
  Options options = Good();
  options.listen_client_urls = {"https://127.0.0.1:0"};
  EXPECT_THAT(options.Validate(), StatusIs(kInvalid, "--cert-file"));
  options.cert_file = "a.crt";
  EXPECT_THAT(options.Validate(), StatusIs(kInvalid, "--key-file"));
  options.key_file = "a.key";
  EXPECT_OK(options.Validate());
  options.client_cert_auth = true;
  EXPECT_THAT(options.Validate(), StatusIs(kInvalid, "--trusted-ca-file"));
  options.trusted_ca_file = "ca.crt";
  EXPECT_OK(options.Validate());
  options.listen_client_urls.push_back("http://127.0.0.1:0");
  EXPECT_THAT(options.Validate(), StatusIs(kInvalid, "cannot authenticate"));
}

TEST(OptionsTest, OtherHostsMustShowCertificates) {
  Options options = Good();
  options.listen_client_urls = {"https://0.0.0.0:2379"};
  options.cert_file = "a.crt";
  options.key_file = "a.key";
  EXPECT_THAT(options.Validate(), StatusIs(kInvalid, "--trusted-ca-file"));
  options.trusted_ca_file = "ca.crt";
  EXPECT_OK(options.Validate());
}

TEST(OptionsTest, UrlsAreChecked) {
  EXPECT_THAT(ParseListenUrl("https://host:1"), IsOkAndHolds(Property(&ListenUrl::ToString, "https://host:1")));
  for (const char* text :
       {"", "127.0.0.1:1", "unix://x", "http://", "http://host", "http://host:x", "http://host:1/"}) {
    EXPECT_THAT(ParseListenUrl(text), StatusIs(kInvalid, "")) << text;
  }
  Options options = Good();
  options.listen_client_urls.clear();
  EXPECT_THAT(options.Validate(), StatusIs(kInvalid, "at least one URL"));
}

TEST(OptionsTest, AutoCompaction) {
  EXPECT_EQ(ParseAutoCompaction("periodic", "0")->age, absl::ZeroDuration());
  EXPECT_EQ(ParseAutoCompaction("periodic", "2")->age, absl::Hours(2));
  EXPECT_EQ(ParseAutoCompaction("periodic", "5m")->age, absl::Minutes(5));
  EXPECT_EQ(ParseAutoCompaction("revision", "1000")->revisions, 1000);
  EXPECT_THAT(ParseAutoCompaction("revision", "5m"), StatusIs(kInvalid, "5m"));
  EXPECT_THAT(ParseAutoCompaction("periodic", "-1"), StatusIs(kInvalid, "negative"));
  EXPECT_THAT(ParseAutoCompaction("periodic", "soon"), StatusIs(kInvalid, "soon"));
}

}  // namespace
}  // namespace kubelite::etcd
