#include "kubelet/static_pods/static_pod.h"

#include "common/base/testing/status_matchers.h"

namespace kubelite::kubelet {
namespace {

using base::StatusIs;
using k8s::core::v1::Pod;

constexpr char kManifest[] = R"(
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: kube-system}
spec:
  containers: [{name: c, image: "hello:1"}]
)";

Pod Parse(const std::string& text = kManifest) { return ParseStaticPods(text, "/m/web.yaml", "n1").value().at(0); }

TEST(StaticPod, IsMarkedAsUpstreamDoes) {
  const Pod pod = Parse();
  EXPECT_EQ(pod.metadata().name(), "web-n1");
  EXPECT_EQ(pod.metadata().namespace_(), "kube-system");
  EXPECT_EQ(pod.metadata().uid().size(), 32u);
  EXPECT_EQ(pod.metadata().annotations().at("kubernetes.io/config.hash"), pod.metadata().uid());
  EXPECT_EQ(pod.metadata().annotations().at("kubernetes.io/config.source"), "file");
  EXPECT_EQ(pod.spec().nodename(), "n1");
  EXPECT_EQ(pod.spec().tolerations(0).effect(), "NoExecute");
}

TEST(StaticPod, UidChangesWithContentOnly) {
  EXPECT_EQ(Parse().metadata().uid(), Parse(absl::StrCat("# a comment\n", kManifest)).metadata().uid());
  std::string changed = kManifest;
  changed.replace(changed.find("hello:1"), 7, "hello:2");
  EXPECT_NE(Parse().metadata().uid(), Parse(changed).metadata().uid());
}

TEST(StaticPod, NamespaceIsDefaultWhenUnset) {
  EXPECT_EQ(Parse("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: x}]}")
                .metadata()
                .namespace_(),
            "default");
}

struct BadCase {
  const char* manifest;
  const char* problem;
};
class BadManifest : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadManifest, NamesFileAndProblem) {
  const auto pods = ParseStaticPods(GetParam().manifest, "/m/bad.yaml", "n1");
  EXPECT_THAT(pods, StatusIs(absl::StatusCode::kInvalidArgument, "/m/bad.yaml"));
  EXPECT_THAT(pods, StatusIs(absl::StatusCode::kInvalidArgument, GetParam().problem));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadManifest,
    ::testing::Values(
        BadCase{"{", ""}, BadCase{"apiVersion: apps/v1\nkind: Deployment", "only v1 Pod"},
        BadCase{"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {}", "spec.containers: Required value"},
        BadCase{"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c}]}",
                "spec.containers[0].image"},
        BadCase{"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: ../c, image: x}]}",
                "spec.containers[0].name"},
        BadCase{"apiVersion: v1\nkind: Pod\nmetadata: {name: a/b}\nspec: {containers: [{name: c, image: x}]}",
                "metadata.name"},
        BadCase{"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {contaners: []}", "contaners"}));

TEST(MirrorPod, StandsForOneVersionOfTheStaticPod) {
  const Pod pod = Parse();
  const Pod mirror = MakeMirrorPod(pod, "n1", "node-uid");
  EXPECT_TRUE(IsMirrorPod(mirror));
  EXPECT_FALSE(IsMirrorPod(pod));
  EXPECT_TRUE(IsMirrorOf(mirror, pod));
  EXPECT_FALSE(mirror.metadata().has_uid());
  EXPECT_EQ(mirror.metadata().ownerreferences(0).kind(), "Node");
  EXPECT_EQ(mirror.metadata().ownerreferences(0).uid(), "node-uid");
  Pod other = pod;
  other.mutable_metadata()->set_uid("other");
  EXPECT_FALSE(IsMirrorOf(mirror, other));
}

}  // namespace
}  // namespace kubelite::kubelet
