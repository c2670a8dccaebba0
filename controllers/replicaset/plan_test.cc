#include "controllers/replicaset/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/api/testing/builders.h"

namespace kubelite::controllers {
namespace {

using api::testing::MakePod;
using api::testing::MakeReplicaSet;
using k8s::apps::v1::ReplicaSet;
using k8s::apps::v1::ReplicaSetStatus;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::Time kNow = absl::UnixEpoch() + absl::Hours(1000);

ReplicaSetPlan Plan(const ReplicaSet& set, const std::vector<PodPtr>& pods, bool may_act = true) {
  return PlanReplicaSet({set, pods, pods, may_act, kNow});
}

PodPtr Ready(const std::string& name, absl::Duration since = absl::Hours(1)) {
  return MakePod(name).Label("app", "web").Node("n").Ready(true, kNow - since).BuildPtr();
}

TEST(PlanReplicaSet, CreatesWhatIsMissing) {
  const ReplicaSetPlan plan = Plan(MakeReplicaSet("web").Replicas(3).Build(), {Ready("a")});
  EXPECT_EQ(plan.create, 2);
  EXPECT_THAT(plan.remove, IsEmpty());
}

TEST(PlanReplicaSet, RemovesTheSurplusInOrder) {
  const PodPtr pending = MakePod("pending").Label("app", "web").BuildPtr();
  const ReplicaSetPlan plan = Plan(MakeReplicaSet("web").Replicas(1).Build(), {Ready("a"), pending});
  EXPECT_EQ(plan.create, 0);
  EXPECT_THAT(plan.remove, ElementsAre(pending));
}

TEST(PlanReplicaSet, EndedAndTerminatingPodsDoNotCount) {
  const ReplicaSetPlan plan = Plan(
      MakeReplicaSet("web").Replicas(2).Build(),
      {Ready("a"), MakePod("ended").Phase("Failed").BuildPtr(), MakePod("going").Node("n").Deleting(kNow).BuildPtr()});
  EXPECT_EQ(plan.create, 1);
  EXPECT_EQ(plan.status->replicas(), 1);
  EXPECT_EQ(plan.status->terminatingreplicas(), 1);
}

TEST(PlanReplicaSet, OrdersNothingWhileTheCacheLags) {
  EXPECT_EQ(Plan(MakeReplicaSet("web").Replicas(3).Build(), {}, false).create, 0);
}

TEST(PlanReplicaSet, OrdersNothingWhenItIsDeleted) {
  EXPECT_EQ(Plan(MakeReplicaSet("web").Replicas(3).Deleting(kNow).Build(), {}).create, 0);
}

TEST(PlanReplicaSet, LimitsOneRound) {
  EXPECT_EQ(Plan(MakeReplicaSet("web").Replicas(2000).Build(), {}).create, kReplicaSetBurst);
}

TEST(PlanReplicaSet, CountsForTheStatus) {
  ReplicaSet set = MakeReplicaSet("web").Replicas(3).Generation(7).Build();
  set.mutable_spec()->set_minreadyseconds(60);
  const ReplicaSetPlan plan = Plan(set, {Ready("old"), Ready("young", absl::Seconds(20)),
                                         MakePod("plain").Node("n").Phase("Running").Ready(false).BuildPtr()});
  EXPECT_EQ(plan.status->replicas(), 3);
  EXPECT_EQ(plan.status->fullylabeledreplicas(), 2);
  EXPECT_EQ(plan.status->readyreplicas(), 2);
  EXPECT_EQ(plan.status->availablereplicas(), 1);
  EXPECT_EQ(plan.status->observedgeneration(), 7);
  EXPECT_EQ(plan.requeue_after, absl::Seconds(40)) << "when the young one becomes available";
}

TEST(PlanReplicaSet, ApplyingAPlanLeavesNothingToPlan) {
  for (int have = 0; have < 6; ++have) {
    for (int want = 0; want < 6; ++want) {
      std::vector<PodPtr> pods;
      for (int i = 0; i < have; ++i) pods.push_back(Ready("p" + std::to_string(i)));
      const ReplicaSet set = MakeReplicaSet("web").Replicas(want).Build();
      const ReplicaSetPlan plan = Plan(set, pods);
      for (int i = 0; i < plan.create; ++i) pods.push_back(MakePod("new" + std::to_string(i)).BuildPtr());
      for (const PodPtr& gone : plan.remove) pods.erase(std::find(pods.begin(), pods.end(), gone));
      EXPECT_EQ(static_cast<int>(pods.size()), want);
      EXPECT_EQ(Plan(set, pods).create, 0);
      EXPECT_THAT(Plan(set, pods).remove, IsEmpty());
    }
  }
}

TEST(SetReplicaFailure, ComesAndGoes) {
  ReplicaSetStatus status;
  SetReplicaFailure(absl::InternalError("quota"), "FailedCreate", kNow, &status);
  ASSERT_EQ(status.conditions_size(), 1);
  EXPECT_EQ(status.conditions(0).reason(), "FailedCreate");
  EXPECT_EQ(status.conditions(0).message(), "quota");
  SetReplicaFailure(absl::OkStatus(), "", kNow, &status);
  EXPECT_EQ(status.conditions_size(), 0);
}

TEST(PodFromTemplate, TakesTemplateAndOwner) {
  const ReplicaSet set = MakeReplicaSet("web").Image("hello:2").Build();
  const auto pod = PodFromTemplate(set, set);
  EXPECT_EQ(pod->metadata().generatename(), "web-");
  EXPECT_EQ(pod->metadata().namespace_(), "default");
  EXPECT_EQ(pod->metadata().labels().at("app"), "web");
  EXPECT_EQ(pod->spec().containers(0).image(), "hello:2");
  EXPECT_TRUE(api::IsControlledBy(*pod, set));
}

TEST(SlowStart, Doubles) {
  EXPECT_THAT(SlowStartBatches(0), IsEmpty());
  EXPECT_THAT(SlowStartBatches(1), ElementsAre(1));
  EXPECT_THAT(SlowStartBatches(10), ElementsAre(1, 2, 4, 3));
}

}  // namespace
}  // namespace kubelite::controllers
