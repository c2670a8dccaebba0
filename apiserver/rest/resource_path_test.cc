#include "apiserver/rest/resource_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_join.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::apiserver {
namespace {

Request Read(const std::string& method, const std::string& target) {
  Request request;
  const absl::StatusOr<Url> url = ParseUrl(target);
  EXPECT_OK(url);
  EXPECT_TRUE(ReadResourcePath(*url, method, &request)) << target;
  EXPECT_OK(ReadQuery(*url, &request));
  return request;
}

std::string Target(const Request& request) {
  return absl::StrJoin({request.verb, request.group, request.version, request.resource, request.name_space,
                        request.name, request.subresource},
                       "|");
}

TEST(ResourcePathTest, GivesVerbAndTarget) {
  const std::vector<std::array<std::string, 3>> cases = {
      {"GET", "/api/v1/pods", "list||v1|pods|||"},
      {"GET", "/api/v1/namespaces/n/pods?watch=1", "watch||v1|pods|n||"},
      {"GET", "/api/v1/namespaces/n/pods/p?watch=true", "watch||v1|pods|n||"},
      {"GET", "/api/v1/namespaces/n/pods/p/log", "get||v1|pods|n|p|log"},
      {"POST", "/api/v1/namespaces/n/pods", "create||v1|pods|n||"},
      {"GET", "/api/v1/namespaces/n", "get||v1|namespaces||n|"},
      {"PUT", "/api/v1/namespaces/n/finalize", "update||v1|namespaces||n|finalize"},
      {"PATCH", "/apis/apps/v1/namespaces/n/deployments/d/scale", "patch|apps|v1|deployments|n|d|scale"},
      {"DELETE", "/apis/apps/v1/namespaces/n/deployments", "deletecollection|apps|v1|deployments|n||"},
      {"GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Aadmin",
       "get|rbac.authorization.k8s.io|v1|clusterroles||system:admin|"},
      {"BREW", "/api/v1/pods", "||v1|pods|||"},
  };
  for (const auto& [method, target, expected] : cases) EXPECT_EQ(Target(Read(method, target)), expected) << target;
}

TEST(ResourcePathTest, OtherPathsAreNone) {
  for (const char* path : {"/", "/api", "/api/v1", "/apis/apps/v1", "/version", "/metrics"}) {
    Request request;
    EXPECT_FALSE(ReadResourcePath(*ParseUrl(path), "GET", &request)) << path;
  }
  EXPECT_FALSE(ParseUrl("/api/%zz").ok());
}

TEST(ResourcePathTest, ReadsOptions) {
  const Request request = Read("GET", "/api/v1/pods/p?watch=1&fieldSelector=a%3Db&labelSelector=x+in+(y)&limit=3");
  EXPECT_EQ(request.field_selector, "a=b,metadata.name=p");
  EXPECT_EQ(request.label_selector, "x in (y)");
  EXPECT_EQ(request.limit, 3);
  Request bad;
  EXPECT_FALSE(ReadQuery(*ParseUrl("/?limit=x"), &bad).ok());
  EXPECT_FALSE(ReadQuery(*ParseUrl("/?dryRun=Some"), &bad).ok());
}

}  // namespace
}  // namespace kubelite::apiserver
