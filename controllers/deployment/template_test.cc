#include "controllers/deployment/template.h"

#include <gtest/gtest.h>

#include "common/api/testing/builders.h"
#include "controllers/deployment/revision.h"

namespace kubelite::controllers {
namespace {

using api::testing::MakeDeployment;
using api::testing::MakeReplicaSet;
using k8s::core::v1::PodTemplateSpec;

PodTemplateSpec Template() { return MakeDeployment("web").Image("hello:1").Build().spec().template_(); }

TEST(Template, HashLabelDoesNotCount) {
  PodTemplateSpec other = Template();
  (*other.mutable_metadata()->mutable_labels())[kPodTemplateHash] = "abc";
  EXPECT_EQ(CanonicalTemplate(Template()), CanonicalTemplate(other));
}

TEST(Template, MeaninglessZerosDoNotCount) {
  PodTemplateSpec other = Template();
  other.mutable_spec()->set_hostnetwork(false);
  other.mutable_spec()->mutable_containers(0)->mutable_resources();
  other.mutable_metadata()->set_name("");
  EXPECT_EQ(CanonicalTemplate(Template()), CanonicalTemplate(other));
}

TEST(Template, MeaningfulZerosCount) {
  PodTemplateSpec other = Template();
  other.mutable_spec()->set_terminationgraceperiodseconds(0);
  EXPECT_NE(CanonicalTemplate(Template()), CanonicalTemplate(other));
}

TEST(Template, AnyUserChangeCounts) {
  PodTemplateSpec other = Template();
  (*other.mutable_metadata()->mutable_annotations())["kubectl.kubernetes.io/restartedAt"] = "2030-01-01T00:00:00Z";
  EXPECT_NE(CanonicalTemplate(Template()), CanonicalTemplate(other));
}

TEST(TemplateHash, IsStableAndDependsOnCollisions) {
  const std::string hash = TemplateHash(Template(), 0);
  EXPECT_EQ(hash, TemplateHash(Template(), 0));
  EXPECT_NE(hash, TemplateHash(Template(), 1));
  EXPECT_EQ(hash.find_first_not_of("bcdfghjklmnpqrstvwxz2456789"), std::string::npos) << hash;
}

TEST(Revision, RaisingKeepsTheHistory) {
  const auto deployment = MakeDeployment("web").Annotation("kubernetes.io/change-cause", "new image").Build();
  auto set = MakeReplicaSet("web-1").Build();
  EXPECT_TRUE(SyncAnnotations(deployment, 1, &set));
  EXPECT_EQ(RevisionOf(set), 1);
  EXPECT_EQ(api::GetAnnotation(set, "kubernetes.io/change-cause"), "new image");
  EXPECT_TRUE(SyncAnnotations(deployment, 3, &set));
  EXPECT_TRUE(SyncAnnotations(deployment, 5, &set));
  EXPECT_EQ(RevisionOf(set), 5);
  EXPECT_EQ(api::GetAnnotation(set, kRevisionHistory), "1,3");
  EXPECT_FALSE(SyncAnnotations(deployment, 4, &set));
  EXPECT_EQ(RevisionOf(set), 5);
}

TEST(Revision, HistoryIsLimited) {
  const auto deployment = MakeDeployment("web").Build();
  auto set = MakeReplicaSet("web-1").Build();
  for (int revision = 100; revision < 800; ++revision) SyncAnnotations(deployment, revision, &set);
  const std::string history = api::GetAnnotation(set, kRevisionHistory);
  EXPECT_LE(history.size(), 2000u);
  EXPECT_EQ(history.substr(history.size() - 4), ",798");
}

TEST(Revision, BookkeepingOfKubectlIsNotCopied) {
  const auto deployment =
      MakeDeployment("web").Annotation("kubectl.kubernetes.io/last-applied-configuration", "{}").Build();
  auto set = MakeReplicaSet("web-1").Build();
  SyncAnnotations(deployment, 1, &set);
  EXPECT_EQ(api::GetAnnotation(set, "kubectl.kubernetes.io/last-applied-configuration"), "");
}

}  // namespace
}  // namespace kubelite::controllers
