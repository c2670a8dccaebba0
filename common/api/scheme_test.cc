#include "common/api/scheme.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "common/base/testing/status_matchers.h"
#include "k8s/apps/v1.pb.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::api {
namespace {

using base::StatusIs;
using ::testing::Contains;

TEST(Scheme, FindsResources) {
  const Scheme& scheme = Scheme::Builtin();
  const ResourceInfo* deployments = scheme.FindResource("apps", "v1", "deployments");
  ASSERT_NE(deployments, nullptr);
  EXPECT_EQ(deployments->descriptor, k8s::apps::v1::Deployment::descriptor());
  EXPECT_EQ(deployments->list_descriptor, k8s::apps::v1::DeploymentList::descriptor());
  EXPECT_EQ(deployments->GroupResource(), "deployments.apps");
  EXPECT_EQ(deployments->gvk.ApiVersion(), "apps/v1");
  EXPECT_TRUE(deployments->namespaced);
  EXPECT_TRUE(deployments->HasVerb("watch"));
  EXPECT_FALSE(deployments->HasVerb("fly"));
  EXPECT_THAT(deployments->short_names, Contains("deploy"));
  ASSERT_NE(deployments->FindSubresource("scale"), nullptr);
  EXPECT_EQ(deployments->FindSubresource("scale")->gvk, (GroupVersionKind{"autoscaling", "v1", "Scale"}));
  EXPECT_EQ(deployments->FindSubresource("status")->gvk, deployments->gvk);
  EXPECT_EQ(deployments->FindSubresource("nope"), nullptr);
  EXPECT_EQ(scheme.FindKind({"apps", "v1", "Deployment"}), deployments);
  EXPECT_EQ(scheme.FindKind({"apps", "v1", "DeploymentList"}), nullptr);
  EXPECT_EQ(&ResourceOf<k8s::apps::v1::Deployment>(), deployments);
  EXPECT_FALSE(ResourceOf<k8s::core::v1::Node>().namespaced);
  EXPECT_EQ(ResourceOf<k8s::core::v1::Pod>().GroupResource(), "pods");
  EXPECT_EQ(scheme.KindOf(k8s::core::v1::PodList::descriptor())->kind, "PodList");
  EXPECT_EQ(scheme.KindOf(k8s::core::v1::Container::descriptor()), nullptr);
}

TEST(Scheme, EveryResourceIsWhole) {
  std::set<std::string> seen;
  for (const ResourceInfo* resource : Scheme::Builtin().resources()) {
    SCOPED_TRACE(resource->GroupResource());
    EXPECT_TRUE(seen.insert(resource->GroupResource() + "/" + resource->gvk.version).second);
    EXPECT_FALSE(resource->singular.empty());
    EXPECT_FALSE(resource->verbs.empty());
    EXPECT_TRUE(HasMetadata(resource->descriptor) || !resource->HasVerb("watch"));
    EXPECT_EQ(resource->list_descriptor != nullptr, resource->HasVerb("list"));
    ASSERT_OK(Scheme::Builtin().New(resource->gvk).status());
    for (const SubresourceInfo& subresource : resource->subresources) {
      EXPECT_OK(Scheme::Builtin().New(subresource.gvk).status()) << subresource.name;
    }
  }
  EXPECT_GT(seen.size(), 50U);
  EXPECT_EQ(Scheme::Builtin().resources().front()->gvk.group, "");
}

TEST(Scheme, ParsesApiVersions) {
  EXPECT_THAT(ParseApiVersion("v1", "Pod"), base::IsOkAndHolds(GroupVersionKind{"", "v1", "Pod"}));
  EXPECT_THAT(ParseApiVersion("apps/v1", "X"), base::IsOkAndHolds(GroupVersionKind{"apps", "v1", "X"}));
  for (const char* text : {"", "/v1", "apps/", "a/b/c"}) EXPECT_FALSE(ParseApiVersion(text, "X").ok()) << text;
}

TEST(Scheme, ResolvesWhatAUserTypes) {
  struct Row {
    const char* text;
    const char* resource;
    const char* version;
  };
  const Row kTable[] = {
      {"pods", "pods", "v1"},
      {"pod", "pods", "v1"},
      {"po", "pods", "v1"},
      {"Pod", "pods", "v1"},
      {"deploy", "deployments.apps", "v1"},
      {"Deployments", "deployments.apps", "v1"},
      {"deployments.apps", "deployments.apps", "v1"},
      {"deployment.v1.apps", "deployments.apps", "v1"},
      {"hpa", "horizontalpodautoscalers.autoscaling", "v2"},
      {"hpa.v1.autoscaling", "horizontalpodautoscalers.autoscaling", "v1"},
      {"events", "events", "v1"},
      {"ev", "events", "v1"},
      {"events.events.k8s.io", "events.events.k8s.io", "v1"},
      {"svc", "services", "v1"},
      {"pods.v1", "pods", "v1"},
      {"pods.v1.", "pods", "v1"},
      {"no", "nodes", "v1"},
  };
  for (const Row& row : kTable) {
    SCOPED_TRACE(row.text);
    ASSERT_OK_AND_ASSIGN(const ResourceInfo* resource, Scheme::Builtin().Resolve(row.text));
    EXPECT_EQ(resource->GroupResource(), row.resource);
    EXPECT_EQ(resource->gvk.version, row.version);
  }
  for (const char* text : {"", "foo", "pods.apps", "deployments.v2.apps"}) {
    EXPECT_THAT(Scheme::Builtin().Resolve(text).status(),
                StatusIs(absl::StatusCode::kNotFound, "the server doesn't have a resource type \""));
  }
}

TEST(Scheme, Categories) {
  std::set<std::string> all;
  for (const ResourceInfo* resource : Scheme::Builtin().Category("all")) all.insert(resource->plural);
  EXPECT_TRUE(all.count("pods") == 1 && all.count("deployments") == 1 && all.count("configmaps") == 0);
  EXPECT_TRUE(Scheme::Builtin().Category("none").empty());
}

}  // namespace
}  // namespace kubelite::api
