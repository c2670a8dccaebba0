#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "apiserver/identity/bearer_tokens.h"
#include "apiserver/identity/jwt.h"
#include "apiserver/identity/service_account_tokens.h"
#include "apiserver/identity/token_requests.h"
#include "apiserver/registry/registry_fixture.h"
#include "common/base/file.h"
#include "common/base/testing/status_matchers.h"
#include "k8s/authentication/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using base::StatusIs;
using k8s::authentication::v1::TokenRequest;
using k8s::authentication::v1::TokenReview;
using k8s::core::v1::ServiceAccount;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kIssuer[] = "https://cluster";

class TokensTest : public RegistryTest {
 protected:
  void SetUp() override {
    ServiceAccount account;
    account.mutable_metadata()->set_name("robot");
    account.mutable_metadata()->set_namespace_("default");
    ASSERT_OK(Create(account));
    Pod pod = MakePod("p", "n1");
    pod.mutable_spec()->set_serviceaccountname("robot");
    ASSERT_OK(Create(pod));
  }

  absl::StatusOr<TokenRequest> Ask(const TokenRequest& body, const std::string& account = "robot") {
    Request request;
    request.name_space = "default";
    request.name = account;
    request.info = api::Scheme::Builtin().FindResource("", "v1", "serviceaccounts");
    request.object = std::make_shared<TokenRequest>(body);
    const auto answer = tokens_->Issue(request);
    if (!answer.ok()) return answer.status();
    return static_cast<const TokenRequest&>(**answer);
  }
  static TokenRequest ForPod(const std::string& name, int64_t seconds = 600) {
    TokenRequest body;
    body.mutable_spec()->set_expirationseconds(seconds);
    auto* bound = body.mutable_spec()->mutable_boundobjectref();
    bound->set_apiversion("v1");
    bound->set_kind("Pod");
    bound->set_name(name);
    return body;
  }
  absl::StatusOr<std::string> WhoIs(const std::string& token, const std::vector<std::string>& audiences = {}) {
    const auto identity = tokens_->Authenticate(token, audiences);
    if (!identity.ok()) return identity.status();
    return identity->user.name;
  }

  std::unique_ptr<ServiceAccountTokens> tokens_ =
      std::make_unique<ServiceAccountTokens>(kIssuer, *base::SigningKey::Create(), &server_.registry(), &random_);
};

TEST_F(TokensTest, TokensTellWhoTheyAreFor) {
  ASSERT_OK_AND_ASSIGN(const TokenRequest answer, Ask(ForPod("p")));
  EXPECT_EQ(api::FromProto(answer.status().expirationtimestamp()), executor_.clock().Now() + absl::Seconds(600));
  EXPECT_THAT(answer.spec().audiences(), ElementsAre(kIssuer));
  const auto identity = tokens_->Authenticate(answer.status().token());
  ASSERT_OK(identity);
  EXPECT_EQ(identity->user.name, "system:serviceaccount:default:robot");
  EXPECT_THAT(identity->user.groups, ElementsAre("system:serviceaccounts", "system:serviceaccounts:default"));
  EXPECT_THAT(identity->user.extra.at("authentication.kubernetes.io/pod-name"), ElementsAre("p"));
  ASSERT_OK_AND_ASSIGN(const auto account, Get<ServiceAccount>("robot"));
  EXPECT_EQ(identity->user.uid, account->metadata().uid());
}

TEST_F(TokensTest, TokensEnd) {
  ASSERT_OK_AND_ASSIGN(const TokenRequest answer, Ask(ForPod("p")));
  const std::string token = answer.status().token();
  executor_.Advance(absl::Seconds(599));
  EXPECT_OK(WhoIs(token));
  executor_.Advance(absl::Seconds(1));
  EXPECT_THAT(WhoIs(token), StatusIs(absl::StatusCode::kUnauthenticated, "has expired"));
  // What a kubelet asks for lives a year, though the kubelet is told to renew it within the hour.
  ASSERT_OK_AND_ASSIGN(const TokenRequest kubelets, Ask(ForPod("p", 3607)));
  EXPECT_EQ(api::FromProto(kubelets.status().expirationtimestamp()), executor_.clock().Now() + absl::Seconds(3607));
  executor_.Advance(absl::Hours(24 * 364));
  EXPECT_OK(WhoIs(kubelets.status().token()));
}

TEST_F(TokensTest, TokensEndWithWhatTheyAreBoundTo) {
  ASSERT_OK_AND_ASSIGN(const TokenRequest bound, Ask(ForPod("p", 6000)));
  ASSERT_OK_AND_ASSIGN(const TokenRequest loose, Ask({}));
  ASSERT_OK(client::Delete<Pod>(
      *client_, {"default", "p"}));  // with a grace period of 30 seconds, and a minute more for the token
  executor_.Advance(absl::Seconds(80));
  EXPECT_OK(WhoIs(bound.status().token()));
  executor_.Advance(absl::Seconds(20));
  EXPECT_THAT(WhoIs(bound.status().token()), StatusIs(absl::StatusCode::kUnauthenticated, "has been invalidated"));
  EXPECT_OK(WhoIs(loose.status().token()));
  ASSERT_OK(client::Delete<ServiceAccount>(*client_, {"default", "robot"}));
  EXPECT_THAT(WhoIs(loose.status().token()), StatusIs(absl::StatusCode::kUnauthenticated, "has been invalidated"));
}

TEST_F(TokensTest, TokensAreForTheirAudience) {
  TokenRequest body;
  body.mutable_spec()->add_audiences("vault");
  ASSERT_OK_AND_ASSIGN(const TokenRequest answer, Ask(body));
  EXPECT_THAT(WhoIs(answer.status().token()), StatusIs(absl::StatusCode::kUnauthenticated, "audiences"));
  EXPECT_OK(WhoIs(answer.status().token(), {"other", "vault"}));
}

TEST_F(TokensTest, ForgedTokensAreRefused) {
  ASSERT_OK_AND_ASSIGN(const TokenRequest answer, Ask({}));
  const std::vector<std::string> parts = absl::StrSplit(answer.status().token(), '.');
  const std::string unsigned_header = absl::WebSafeBase64Escape(R"({"alg":"none"})");
  for (const std::string& forged : {std::string(), std::string("a.b.c"), parts[0] + "." + parts[1],
                                    parts[0] + "." + parts[1] + ".", unsigned_header + "." + parts[1] + ".",
                                    parts[0] + "." + parts[1] + "x." + parts[2], parts[0] + ".e30." + parts[2]}) {
    EXPECT_THAT(WhoIs(forged), StatusIs(absl::StatusCode::kUnauthenticated, "")) << forged;
  }
  ServiceAccountTokens other("https://cluster", *base::SigningKey::Create(), &server_.registry(), &random_);
  EXPECT_FALSE(other.Authenticate(answer.status().token()).ok());
}

TEST_F(TokensTest, RefusesRequestsWithUpstreamsWords) {
  const auto message = [&](const TokenRequest& body) { return std::string(Ask(body).status().message()); };
  EXPECT_THAT(message(ForPod("p", 1)), HasSubstr("spec.expirationSeconds: Invalid value: 1: may not specify a duration "
                                                 "less than 10 minutes"));
  EXPECT_THAT(message(ForPod("q")), HasSubstr("pods \"q\" not found"));
  ASSERT_OK(Create(MakePod("other", "n1")));
  EXPECT_THAT(message(ForPod("other")), HasSubstr("different serviceaccount name"));
  TokenRequest wrong = ForPod("p");
  wrong.mutable_spec()->mutable_boundobjectref()->set_uid("u");
  EXPECT_THAT(message(wrong), HasSubstr("the UID in the bound object reference (u) does not match"));
  wrong.mutable_spec()->mutable_boundobjectref()->set_kind("ConfigMap");
  EXPECT_THAT(message(wrong), HasSubstr("cannot bind token to object of type v1, Kind=ConfigMap"));
  EXPECT_TRUE(api::IsNotFound(Ask({}, "nobody").status()));
}

TEST_F(TokensTest, NodesGetTokensForTheirPodsOnly) {
  const auto as_node = [&](const TokenRequest& body, const std::string& node) {
    Request request;
    request.user = {.name = "system:node:" + node, .groups = {"system:nodes"}};
    request.name_space = "default";
    request.name = "robot";
    request.info = api::Scheme::Builtin().FindResource("", "v1", "serviceaccounts");
    request.object = std::make_shared<TokenRequest>(body);
    return std::string(tokens_->Issue(request).status().message());
  };
  TokenRequest body = ForPod("p");
  EXPECT_THAT(as_node(body, "n1"), HasSubstr("without a uid"));
  ASSERT_OK_AND_ASSIGN(const auto pod, Get<Pod>("p"));
  body.mutable_spec()->mutable_boundobjectref()->set_uid(pod->metadata().uid());
  EXPECT_EQ(as_node(body, "n1"), "");
  EXPECT_THAT(as_node(body, "n2"), HasSubstr("bound to a pod scheduled on a different node"));
  EXPECT_THAT(as_node({}, "n1"), HasSubstr("not bound to a pod"));
}

TEST_F(TokensTest, DocumentsForVerifiersElsewhere) {
  EXPECT_THAT(tokens_->KeySet(), HasSubstr(R"({"keys":[{"use":"sig","kty":"EC","kid":")"));
  EXPECT_THAT(tokens_->OpenIdConfiguration(), HasSubstr(R"("jwks_uri":"https://cluster/openid/v1/jwks")"));
}

TEST(TokenFileTest, ReadsUpstreamsForm) {
  const base::TemporaryDirectory directory;
  const std::string path = directory.path() + "/tokens.csv";
  ASSERT_OK(base::WriteFileAtomically(path, "secret,alice,1,\"admins,devs\"\n\n# comment\nother,bob,2\n"));
  ASSERT_OK_AND_ASSIGN(TokenFile file, TokenFile::Read(path));
  const BearerTokens tokens(nullptr, std::move(file));
  ASSERT_OK_AND_ASSIGN(const User alice, tokens.Of("Bearer secret"));
  EXPECT_EQ(alice.name, "alice");
  EXPECT_THAT(alice.groups, ElementsAre("admins", "devs"));
  EXPECT_OK(tokens.Of("bearer  other"));
  EXPECT_THAT(tokens.Of("Bearer nope"), StatusIs(absl::StatusCode::kUnauthenticated, "invalid bearer token"));
  EXPECT_THAT(tokens.Of("Basic c2VjcmV0"), StatusIs(absl::StatusCode::kUnauthenticated, "only bearer tokens"));
  ASSERT_OK(base::WriteFileAtomically(path, "a,b,c\nonly-a-token\n"));
  EXPECT_THAT(TokenFile::Read(path),
              StatusIs(absl::StatusCode::kInvalidArgument, "tokens.csv:2: must be token,user,uid"));
}

}  // namespace
}  // namespace kubelite::apiserver
