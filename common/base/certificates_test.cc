#include "common/base/certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <memory>

#include "common/base/file.h"
#include "common/base/simulated_executor.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::base {
namespace {

using ::testing::ElementsAre;

std::unique_ptr<X509, decltype(&X509_free)> Load(const std::string& pem) {
  BIO* const bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  X509* const certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  return {certificate, X509_free};
}

// OpenSSL's verdict on `leaf` for `purpose`, trusting `ca`, at `now`: X509_V_OK or an error number.
int Verify(const KeyPair& leaf, const KeyPair& ca, absl::Time now, int purpose) {
  const auto leaf_certificate = Load(leaf.certificate_pem);
  const auto ca_certificate = Load(ca.certificate_pem);
  X509_STORE* const store = X509_STORE_new();
  X509_STORE_add_cert(store, ca_certificate.get());
  X509_STORE_CTX* const context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, leaf_certificate.get(), nullptr);
  X509_STORE_CTX_set_purpose(context, purpose);
  X509_STORE_CTX_set_time(context, 0, absl::ToTimeT(now));
  X509_verify_cert(context);
  const int error = X509_STORE_CTX_get_error(context);
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  return error;
}

class CertificatesTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_OK_AND_ASSIGN(ca_, CreateCertificateAuthority("kube-lite-ca", clock_)); }

  FakeClock clock_{absl::FromCivil(absl::CivilSecond(2030, 1, 1), absl::UTCTimeZone())};
  KeyPair ca_;
};

TEST_F(CertificatesTest, ChainVerifies) {
  ASSERT_OK_AND_ASSIGN(const KeyPair client,
                       IssueCertificate(ca_, {.common_name = "admin", .organizations = {"system:masters"}}, clock_));
  EXPECT_EQ(Verify(client, ca_, clock_.Now(), X509_PURPOSE_SSL_CLIENT), X509_V_OK);
  EXPECT_NE(Verify(client, ca_, clock_.Now(), X509_PURPOSE_SSL_SERVER), X509_V_OK);
  EXPECT_EQ(Verify(client, ca_, clock_.Now() - absl::Minutes(4), X509_PURPOSE_SSL_CLIENT), X509_V_OK);
  EXPECT_EQ(Verify(client, ca_, clock_.Now() + absl::Hours(24 * 366), X509_PURPOSE_SSL_CLIENT),
            X509_V_ERR_CERT_HAS_EXPIRED);
}

TEST_F(CertificatesTest, AnotherAuthorityOfTheSameNameIsRefused) {
  ASSERT_OK_AND_ASSIGN(const KeyPair other, CreateCertificateAuthority("kube-lite-ca", clock_));
  ASSERT_OK_AND_ASSIGN(const KeyPair client, IssueCertificate(other, {.common_name = "admin"}, clock_));
  EXPECT_NE(Verify(client, ca_, clock_.Now(), X509_PURPOSE_SSL_CLIENT), X509_V_OK);
}

TEST_F(CertificatesTest, ALeafCannotIssue) {
  ASSERT_OK_AND_ASSIGN(const KeyPair leaf, IssueCertificate(ca_, {.common_name = "leaf"}, clock_));
  EXPECT_THAT(IssueCertificate(leaf, {.common_name = "below"}, clock_),
              StatusIs(absl::StatusCode::kInvalidArgument, "may not issue"));
}

TEST_F(CertificatesTest, ServerNamesAreInTheCertificate) {
  const CertificateRequest request{.common_name = "kube-apiserver",
                                   .dns_names = {"localhost", "kubernetes.default.svc"},
                                   .ip_addresses = {"127.0.0.1", "::1"},
                                   .server = true};
  ASSERT_OK_AND_ASSIGN(const KeyPair server, IssueCertificate(ca_, request, clock_));
  EXPECT_EQ(Verify(server, ca_, clock_.Now(), X509_PURPOSE_SSL_SERVER), X509_V_OK);
  EXPECT_EQ(Verify(server, ca_, clock_.Now(), X509_PURPOSE_SSL_CLIENT), X509_V_OK);
  const auto certificate = Load(server.certificate_pem);
  EXPECT_EQ(X509_check_host(certificate.get(), "localhost", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_host(certificate.get(), "kubernetes.default.svc", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_host(certificate.get(), "example.com", 0, 0, nullptr), 0);
  EXPECT_EQ(X509_check_ip_asc(certificate.get(), "127.0.0.1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(certificate.get(), "::1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(certificate.get(), "127.0.0.2", 0), 0);
}

TEST_F(CertificatesTest, ParseGivesUserGroupsAndTimes) {
  const CertificateRequest request{
      .common_name = "system:node:n1", .organizations = {"system:nodes", "gruppe-ü"}, .lifetime = absl::Hours(1)};
  ASSERT_OK_AND_ASSIGN(const KeyPair pair, IssueCertificate(ca_, request, clock_));
  ASSERT_OK_AND_ASSIGN(const CertificateInfo info, ParseCertificate(pair.certificate_pem));
  EXPECT_EQ(info.common_name, "system:node:n1");
  EXPECT_THAT(info.organizations, ElementsAre("system:nodes", "gruppe-ü"));
  EXPECT_EQ(info.not_before, clock_.Now() - absl::Minutes(5));
  EXPECT_EQ(info.not_after, clock_.Now() + absl::Hours(1));
  clock_.Advance(absl::Hours(2));
  EXPECT_GT(clock_.Now(), info.not_after);  // how a caller sees that it has expired
  ASSERT_OK_AND_ASSIGN(const CertificateInfo ca_info, ParseCertificate(ca_.certificate_pem));
  EXPECT_GT(ca_info.not_after - ca_info.not_before, absl::Hours(24 * 365 * 10));
}

TEST_F(CertificatesTest, BadInputIsAnError) {
  EXPECT_THAT(IssueCertificate(ca_, {.common_name = "x", .ip_addresses = {"300.0.0.1"}}, clock_),
              StatusIs(absl::StatusCode::kInvalidArgument, "300.0.0.1"));
  EXPECT_THAT(IssueCertificate(ca_, {.common_name = std::string(65, 'x')}, clock_),
              StatusIs(absl::StatusCode::kInvalidArgument, "1 to 64"));
  EXPECT_THAT(IssueCertificate({"junk", "junk"}, {.common_name = "x"}, clock_),
              StatusIs(absl::StatusCode::kInvalidArgument, "certificate authority"));
  EXPECT_THAT(ParseCertificate(""), StatusIs(absl::StatusCode::kInvalidArgument, ""));
  EXPECT_THAT(ParseCertificate(ca_.private_key_pem), StatusIs(absl::StatusCode::kInvalidArgument, ""));
  std::string torn = ca_.certificate_pem;
  torn.resize(torn.size() / 2);
  EXPECT_THAT(ParseCertificate(torn), StatusIs(absl::StatusCode::kInvalidArgument, ""));
}

TEST_F(CertificatesTest, FilesKeepTheKeyPrivate) {
  const TemporaryDirectory directory;
  const std::string base = directory.path() + "/ca";
  ASSERT_OK(WriteKeyPair(ca_, base));
  struct stat info = {};
  ASSERT_EQ(stat((base + ".key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  ASSERT_OK_AND_ASSIGN(const KeyPair read, ReadKeyPair(base + ".crt", base + ".key"));
  EXPECT_EQ(read.certificate_pem, ca_.certificate_pem);
  EXPECT_EQ(read.private_key_pem, ca_.private_key_pem);
}

TEST_F(CertificatesTest, ReadErrorsNameTheFile) {
  const TemporaryDirectory directory;
  const std::string base = directory.path() + "/ca";
  const std::string other = directory.path() + "/other";
  ASSERT_OK(WriteKeyPair(ca_, base));
  ASSERT_OK_AND_ASSIGN(const KeyPair leaf, IssueCertificate(ca_, {.common_name = "x"}, clock_));
  ASSERT_OK(WriteKeyPair(leaf, other));
  EXPECT_THAT(ReadKeyPair(base + ".crt", other + ".key"),
              StatusIs(absl::StatusCode::kFailedPrecondition, other + ".key"));
  EXPECT_THAT(ReadKeyPair(base + ".crt", base + ".crt"), StatusIs(absl::StatusCode::kInvalidArgument, base + ".crt"));
  EXPECT_THAT(ReadKeyPair(base + ".none", base + ".key"), StatusIs(absl::StatusCode::kNotFound, base + ".none"));
}

}  // namespace
}  // namespace kubelite::base
