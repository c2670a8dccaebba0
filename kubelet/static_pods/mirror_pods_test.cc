#include "kubelet/static_pods/mirror_pods.h"

#include <gtest/gtest.h>

#include "common/api/errors.h"
#include "common/base/random.h"
#include "common/base/simulated_executor.h"
#include "common/client/fake/fake_client.h"
#include "kubelet/static_pods/static_pod.h"

namespace kubelite::kubelet {
namespace {

using client::FakeClient;
using k8s::core::v1::Pod;
using PodPtr = std::shared_ptr<const Pod>;

const api::ObjectKey kKey{"default", "web-n1"};

Pod StaticPod(const std::string& image) {
  return ParseStaticPods("apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: c, image: '" +
                             image + "'}]}",
                         "/m/web.yaml", "n1")
      .value()
      .at(0);
}

TEST(PlanMirror, Table) {
  const Pod pod = StaticPod("x:1");
  const Pod mirror = MakeMirrorPod(pod, "n1", "");
  const Pod outdated = MakeMirrorPod(StaticPod("x:2"), "n1", "");
  Pod deleted = mirror;
  deleted.mutable_metadata()->mutable_deletiontimestamp()->set_seconds(1);
  Pod foreign = mirror;
  foreign.mutable_metadata()->clear_annotations();
  EXPECT_EQ(PlanMirror(nullptr, nullptr), MirrorAction::kNone);
  EXPECT_EQ(PlanMirror(&pod, nullptr), MirrorAction::kCreate);
  EXPECT_EQ(PlanMirror(&pod, &mirror), MirrorAction::kNone);
  EXPECT_EQ(PlanMirror(&pod, &outdated), MirrorAction::kDelete);
  EXPECT_EQ(PlanMirror(&pod, &deleted), MirrorAction::kDelete);
  EXPECT_EQ(PlanMirror(nullptr, &mirror), MirrorAction::kDelete);
  EXPECT_EQ(PlanMirror(nullptr, &foreign), MirrorAction::kNone);
  EXPECT_EQ(PlanMirror(&pod, &foreign), MirrorAction::kNone);
}

class MirrorPodsTest : public ::testing::Test {
 protected:
  PodPtr InApi() {
    absl::StatusOr<PodPtr> pod = client::Get<Pod>(*client_, kKey);
    return pod.ok() ? *pod : nullptr;
  }
  void Check() {
    mirrors_.Check(kKey);
    executor_.Advance(absl::Seconds(10));
  }
  base::SimulatedExecutor executor_{1};
  base::Random random_{1};
  std::unique_ptr<FakeClient> client_ = FakeClient::New(&executor_, &random_);
  PodPtr static_pod_ = std::make_shared<const Pod>(StaticPod("x:1"));
  MirrorPods mirrors_{{client_.get(), &executor_, "n1", [] { return std::string("node-uid"); },
                       [this](const api::ObjectKey&) { return static_pod_; },
                       [this](const api::ObjectKey&) { return InApi(); }}};
};

TEST_F(MirrorPodsTest, WaitsUntilTheApiIsKnown) {
  Check();
  EXPECT_EQ(InApi(), nullptr);
  mirrors_.Enable();
  executor_.Settle();
  ASSERT_NE(InApi(), nullptr);
  EXPECT_TRUE(IsMirrorOf(*InApi(), *static_pod_));
}

TEST_F(MirrorPodsTest, FollowsTheStaticPod) {
  mirrors_.Enable();
  Check();
  static_pod_ = std::make_shared<const Pod>(StaticPod("x:2"));
  Check();  // deletes the old one; its removal is another check
  Check();
  ASSERT_NE(InApi(), nullptr);
  EXPECT_TRUE(IsMirrorOf(*InApi(), *static_pod_));
  static_pod_ = nullptr;
  Check();
  EXPECT_EQ(InApi(), nullptr);
}

TEST_F(MirrorPodsTest, RetriesWhileTheServerIsAway) {
  int failures = 3;
  client_->SetFault([&](const FakeClient::Call& call) {
    return call.verb == "create" && failures-- > 0 ? absl::UnavailableError("away") : absl::OkStatus();
  });
  mirrors_.Enable();
  Check();
  EXPECT_NE(InApi(), nullptr);
}

}  // namespace
}  // namespace kubelite::kubelet
