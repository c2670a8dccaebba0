#include "apiserver/filters/filters.h"

#include <gtest/gtest.h>

#include "apiserver/testing/test_server.h"
#include "common/api/errors.h"
#include "common/base/simulated_executor.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::apiserver {
namespace {

struct Access {
  const char* user;
  const char* group;
  const char* verb;
  const char* resource;  // plural[.group][/subresource]
  const char* name_space;
  bool allowed;
};

Request ToRequest(const Access& access) {
  Request request;
  request.user.name = access.user;
  if (*access.group != '\0') request.user.groups.push_back(access.group);
  request.user.groups.push_back("system:authenticated");
  request.verb = access.verb;
  std::string resource = access.resource;
  const size_t slash = resource.find('/');
  if (slash != std::string::npos) {
    request.subresource = resource.substr(slash + 1);
    resource.resize(slash);
  }
  const size_t dot = resource.find('.');
  if (dot != std::string::npos) {
    request.group = resource.substr(dot + 1);
    resource.resize(dot);
  }
  request.resource = resource;
  request.name_space = access.name_space;
  return request;
}

class FiltersTest : public ::testing::Test {
 protected:
  base::SimulatedExecutor executor_{1};
  base::Random random_{2};
  TestServer server_{&executor_, &random_};
};

TEST_F(FiltersTest, EachIdentityMayDoWhatItNeeds) {
  constexpr const char* kScheduler = "system:kube-scheduler";
  constexpr const char* kControllers = "system:kube-controller-manager";
  constexpr const char* kNode = "system:node:n1";
  const Access table[] = {
      {"root", "system:masters", "deletecollection", "secrets", "kube-system", true},
      {kScheduler, "", "watch", "pods", "", true},
      {kScheduler, "", "create", "pods/binding", "default", true},
      {kScheduler, "", "patch", "pods/status", "default", true},
      {kScheduler, "", "create", "events", "default", true},
      {kScheduler, "", "update", "leases.coordination.k8s.io", "kube-system", true},
      {kScheduler, "", "update", "leases.coordination.k8s.io", "default", false},
      {kScheduler, "", "create", "pods", "default", false},
      {kScheduler, "", "get", "secrets", "default", false},
      {kControllers, "", "list", "secrets", "", true},
      {kControllers, "", "create", "replicasets.apps", "default", true},
      {kControllers, "", "update", "deployments.apps/status", "default", true},
      {kControllers, "", "update", "namespaces/finalize", "", true},
      {kControllers, "", "delete", "pods", "default", true},
      {kControllers, "", "create", "clusterroles.rbac.authorization.k8s.io", "", false},
      {kNode, "system:nodes", "update", "pods/status", "default", true},
      {kNode, "system:nodes", "create", "deployments.apps", "default", false},
      {kNode, "system:nodes", "create", "pods/binding", "default", false},
      {kNode, "", "watch", "pods", "", false},  // the name alone is nothing
      {"system:kube-proxy", "", "watch", "endpointslices.discovery.k8s.io", "", true},
      {"system:kube-proxy", "", "list", "pods", "", false},
      {"alice", "", "create", "selfsubjectaccessreviews.authorization.k8s.io", "", true},
      {"alice", "", "get", "pods", "default", false},
  };
  for (const Access& access : table) {
    EXPECT_EQ(Decide(server_.registry(), ToRequest(access)).allowed, access.allowed)
        << access.user << " " << access.verb << " " << access.resource << " in '" << access.name_space << "'";
  }
}

TEST_F(FiltersTest, NobodyIsServedWithoutAnIdentity) {
  const auto client = server_.ClientFor("");
  const absl::Status status = client->List(api::ResourceOf<k8s::core::v1::Pod>(), {}).status();
  EXPECT_TRUE(api::IsUnauthorized(status));
  EXPECT_EQ(status.message(), "Unauthorized");
}

TEST_F(FiltersTest, RefusalsSayWhoMayNotDoWhat) {
  const auto alice = server_.ClientFor("alice");
  EXPECT_EQ(alice->Get(api::ResourceOf<k8s::apps::v1::Deployment>(), {"default", "d"}).status().message(),
            "deployments.apps \"d\" is forbidden: User \"alice\" cannot get resource \"deployments\" in API group "
            "\"apps\" in "
            "the namespace \"default\"");
  const absl::Status nodes = alice->List(api::ResourceOf<k8s::core::v1::Node>(), {}).status();
  EXPECT_TRUE(api::IsForbidden(nodes));
  EXPECT_EQ(nodes.message(),
            "nodes is forbidden: User \"alice\" cannot list resource \"nodes\" in API group \"\" at the cluster scope");
}

TEST_F(FiltersTest, DoneRunsForPassedFiltersInReverse) {
  std::vector<std::string> calls;
  const auto filter = [&calls](const std::string& name, absl::Status verdict) {
    return Filter{name, [&calls, name, verdict](Request*) { return calls.push_back(name), verdict; },
                  [&calls, name](const Request&, const absl::Status& result) {
                    calls.push_back("done " + name + (result.ok() ? "" : " refused"));
                  }};
  };
  Server server(&server_.registry(), nullptr, nullptr,
                {filter("a", absl::OkStatus()), filter("b", api::Unauthorized("no")), filter("c", absl::OkStatus())});
  Request request;
  request.verb = "list";
  request.version = "v1";
  request.resource = "pods";
  EXPECT_FALSE(server.List(&request).ok());
  EXPECT_THAT(calls, ::testing::ElementsAre("a", "b", "done b refused", "done a refused"));
}

TEST_F(FiltersTest, RequestsAreCounted) {
  base::MetricsRegistry metrics;
  Server server(&server_.registry(), nullptr, nullptr, {RequestMetrics(executor_.clock(), &metrics)});
  Request request;
  request.verb = "list";
  request.version = "v1";
  request.resource = "pods";
  ASSERT_OK(server.List(&request));
  request.resource = "made/up/by/client";
  EXPECT_FALSE(server.List(&request).ok());
  const std::string text = metrics.Text();
  EXPECT_THAT(text, ::testing::HasSubstr("apiserver_request_total{"));
  EXPECT_THAT(text, ::testing::HasSubstr("code=\"200\""));
  EXPECT_THAT(text, ::testing::HasSubstr("resource=\"unknown\""));
  EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("made")));
}

}  // namespace
}  // namespace kubelite::apiserver
