#include "common/client/kubeconfig.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/certificates.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::client {
namespace {

using base::StatusIs;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

const base::KeyPair& Authority() {
  static const auto& ca = *new base::KeyPair(*base::CreateCertificateAuthority("ca", base::SystemClock()));
  return ca;
}

base::KeyPair NewIdentity() {
  return *base::IssueCertificate(Authority(), {.common_name = "admin"}, base::SystemClock());
}

Kubeconfig Sample() {
  static const auto& identity = *new base::KeyPair(NewIdentity());
  Kubeconfig config;
  config.clusters = {
      {"local", "https://127.0.0.1:6443", "127.0.0.1:6444", "", Authority().certificate_pem, "kube-lite"}};
  config.users = {{"admin", "", identity.certificate_pem, "", identity.private_key_pem, "secret"}};
  config.contexts = {{"local", "local", "admin", "shop"}};
  config.current_context = "local";
  return config;
}

TEST(KubeconfigTest, WhatIsWrittenIsReadBack) {
  const std::string yaml = FormatKubeconfig(Sample());
  ASSERT_OK_AND_ASSIGN(const Kubeconfig read, ParseKubeconfig(yaml, "x"));
  EXPECT_EQ(FormatKubeconfig(read), yaml);
  ASSERT_EQ(read.clusters.size(), 1u);
  EXPECT_EQ(read.clusters[0].server, "https://127.0.0.1:6443");
  EXPECT_EQ(read.clusters[0].grpc_address, "127.0.0.1:6444");
  EXPECT_EQ(read.clusters[0].certificate_authority_data, Authority().certificate_pem);
  EXPECT_EQ(read.clusters[0].tls_server_name, "kube-lite");
  ASSERT_EQ(read.users.size(), 1u);
  EXPECT_EQ(read.users[0].client_key_data, Sample().users[0].client_key_data);
  EXPECT_EQ(read.users[0].token, "secret");
  ASSERT_EQ(read.contexts.size(), 1u);
  EXPECT_EQ(read.contexts[0].name_space, "shop");
  EXPECT_EQ(read.current_context, "local");
}

TEST(KubeconfigTest, RedactedItShowsNoKeyMaterial) {
  const std::string yaml = FormatKubeconfig(Sample(), true);
  EXPECT_TRUE(absl::StrContains(yaml, "client-key-data: DATA+OMITTED")) << yaml;
  EXPECT_TRUE(absl::StrContains(yaml, "token: REDACTED")) << yaml;
  EXPECT_FALSE(absl::StrContains(yaml, "secret")) << yaml;
}

TEST(KubeconfigTest, ReadsWhatOtherToolsWrite) {
  ASSERT_OK_AND_ASSIGN(const Kubeconfig config, ParseKubeconfig(R"(
apiVersion: v1
kind: Config
preferences: {}
clusters:
- cluster:
    certificate-authority: /etc/ca.crt
    server: https://10.0.0.1:6443
    extensions:
    - name: minikube.sigs.k8s.io
      extension: {version: v1.30.0}
    - {name: kube-lite.dev/grpc, extension: {address: "10.0.0.1:6444"}}
  name: c
users: [{name: u, user: {client-certificate: u.crt, client-key: u.key, exec: {command: x}}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
)",
                                                                "x"));
  EXPECT_EQ(config.clusters.at(0).grpc_address, "10.0.0.1:6444");
  EXPECT_EQ(config.users.at(0).client_key, "u.key");
}

TEST(KubeconfigTest, AnEmptyFileIsAnEmptyConfig) {
  ASSERT_OK_AND_ASSIGN(const Kubeconfig config, ParseKubeconfig("", "x"));
  EXPECT_TRUE(config.clusters.empty());
  ASSERT_OK(ParseKubeconfig(FormatKubeconfig(Kubeconfig()), "x"));
}

TEST(KubeconfigTest, ErrorsNameFileAndKey) {
  EXPECT_THAT(ParseKubeconfig("clusters: [{", "/c"), StatusIs(kInvalid, "/c: line 1"));
  EXPECT_THAT(ParseKubeconfig("[1]", "/c"), StatusIs(kInvalid, "/c: a kubeconfig must be a map"));
  EXPECT_THAT(ParseKubeconfig("clusters: 1", "/c"), StatusIs(kInvalid, "/c: clusters: must be a list"));
  EXPECT_THAT(ParseKubeconfig("clusters: [1]", "/c"), StatusIs(kInvalid, "/c: clusters[0]: must be a map"));
  EXPECT_THAT(ParseKubeconfig("clusters: [{cluster: {}}]", "/c"),
              StatusIs(kInvalid, "/c: clusters[0].name: is required"));
  EXPECT_THAT(ParseKubeconfig("clusters: [{name: a, cluster: {server: [1]}}]", "/c"),
              StatusIs(kInvalid, "/c: clusters[0].cluster.server: must be a string"));
  EXPECT_THAT(ParseKubeconfig("clusters: [{name: a, cluster: 1}]", "/c"),
              StatusIs(kInvalid, "/c: clusters[0].cluster: must be a map"));
  EXPECT_THAT(ParseKubeconfig("users: [{name: a, user: {client-key-data: '%'}}]", "/c"),
              StatusIs(kInvalid, "/c: users[0].user.client-key-data: is not valid base64"));
  EXPECT_THAT(ParseKubeconfig("kind: Pod", "/c"), StatusIs(kInvalid, "/c: kind: must be Config, not \"Pod\""));
  EXPECT_THAT(ReadKubeconfig("/nowhere/config"), StatusIs(absl::StatusCode::kNotFound, "/nowhere/config"));
}

TEST(KubeconfigTest, ResolvesAContext) {
  ASSERT_OK_AND_ASSIGN(const ResolvedContext resolved, ResolveContext(Sample(), "", ""));
  EXPECT_EQ(resolved.grpc.address, "127.0.0.1:6444");
  EXPECT_EQ(resolved.grpc.ca_pem, Authority().certificate_pem);
  EXPECT_EQ(resolved.grpc.identity.certificate_pem, Sample().users[0].client_certificate_data);
  EXPECT_EQ(resolved.grpc.server_name, "kube-lite");
  EXPECT_EQ(resolved.name_space, "shop");
}

TEST(KubeconfigTest, ResolveErrorsSayWhatIsMissing) {
  EXPECT_THAT(ResolveContext(Kubeconfig(), "", ""), StatusIs(kInvalid, "current-context is not set"));
  EXPECT_THAT(ResolveContext(Sample(), "other", ""), StatusIs(kInvalid, "context \"other\" does not exist"));
  Kubeconfig config = Sample();
  config.contexts[0].cluster = "far";
  EXPECT_THAT(ResolveContext(config, "", ""), StatusIs(kInvalid, "cluster \"far\" does not exist"));
  config = Sample();
  config.clusters[0].grpc_address = "";
  EXPECT_THAT(ResolveContext(config, "", ""), StatusIs(kInvalid, "no extension kube-lite.dev/grpc"));
  config = Sample();
  config.users[0].client_certificate_data = "";
  EXPECT_THAT(ResolveContext(config, "", ""), StatusIs(kInvalid, "user \"admin\" has no client-certificate"));
}

TEST(KubeconfigTest, AnAddressThatIsNoneIsNamed) {
  Kubeconfig config = Sample();
  for (const char* port : {"65536", "99999", "4294967297", "0", "-1", "x", ""}) {
    config.clusters[0].grpc_address = absl::StrCat("127.0.0.1:", port);
    EXPECT_THAT(ResolveContext(config, "", ""),
                StatusIs(kInvalid, absl::StrCat("cluster \"local\": extension kube-lite.dev/grpc: address \"127.0.0.1:",
                                                port, "\" has an invalid port")));
  }
  config.clusters[0].grpc_address = "127.0.0.1";
  EXPECT_THAT(ResolveContext(config, "", ""), StatusIs(kInvalid, "address \"127.0.0.1\" has no port"));
}

TEST(KubeconfigTest, BadCertificatesAndKeysAreNamedByTheirField) {
  Kubeconfig config = Sample();
  config.users[0].client_key_data = NewIdentity().private_key_pem;
  EXPECT_THAT(ResolveContext(config, "", ""),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       "user \"admin\": client-certificate-data, user \"admin\": client-key-data: the private key does "
                       "not belong to the certificate"));
  config.users[0].client_key_data = "nonsense";
  EXPECT_THAT(ResolveContext(config, "", ""), StatusIs(kInvalid, "user \"admin\": client-key-data: no valid"));
  config.users[0].client_certificate_data = "nonsense";
  EXPECT_THAT(ResolveContext(config, "", ""), StatusIs(kInvalid, "user \"admin\": client-certificate-data: no valid"));
  config.clusters[0].certificate_authority_data = "nonsense";
  EXPECT_THAT(ResolveContext(config, "", ""),
              StatusIs(kInvalid, "cluster \"local\": certificate-authority-data: no valid PEM certificate"));
}

TEST(KubeconfigTest, UnreadableFilesAreNamedWithTheirField) {
  const base::TemporaryDirectory directory;
  Kubeconfig config = Sample();
  config.users[0].client_key_data = "";
  config.users[0].client_key = "admin.key";
  EXPECT_THAT(ResolveContext(config, "", directory.path()),
              StatusIs(absl::StatusCode::kNotFound,
                       absl::StrCat("user \"admin\": client-key: reading ", directory.path(), "/admin.key")));
  config.clusters[0].certificate_authority_data = "";
  config.clusters[0].certificate_authority = directory.path();
  const absl::Status is_directory = ResolveContext(config, "", "").status();
  EXPECT_TRUE(absl::StrContains(is_directory.message(),
                                absl::StrCat("cluster \"local\": certificate-authority: reading ", directory.path())))
      << is_directory;
}

TEST(KubeconfigTest, RelativeFilesAreBesideTheKubeconfig) {
  const base::TemporaryDirectory directory;
  Kubeconfig config = Sample();
  config.users[0].client_certificate_data = "";
  config.users[0].client_certificate = "admin.crt";
  const std::string path = absl::StrCat(directory.path(), "/config");
  ASSERT_OK(base::WriteFileAtomically(path, FormatKubeconfig(config), 0600));
  EXPECT_THAT(LoadKubeconfig(path), StatusIs(absl::StatusCode::kNotFound, "admin.crt"));
  ASSERT_OK(base::WriteFileAtomically(absl::StrCat(directory.path(), "/admin.crt"),
                                      Sample().users[0].client_certificate_data, 0644));
  ASSERT_OK_AND_ASSIGN(const ResolvedContext resolved, LoadKubeconfig(path));
  EXPECT_EQ(resolved.grpc.identity.certificate_pem, Sample().users[0].client_certificate_data);
}

}  // namespace
}  // namespace kubelite::client
