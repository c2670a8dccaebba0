#include "controllers/nodelifecycle/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/api/testing/builders.h"

namespace kubelite::controllers {
namespace {

using api::testing::MakeNode;
using api::testing::MakePod;
using k8s::core::v1::Node;

const absl::Time kNow = absl::UnixEpoch() + absl::Hours(1000);

std::string Plan(const Node& node, absl::Duration silent, Eviction eviction = Eviction::kAllowed) {
  return PlanNode({node, kNow - silent, absl::Seconds(50), eviction, kNow}).ToString();
}

Node WithCondition(Node node, const std::string& type, const std::string& status) {
  for (auto& condition : *node.mutable_status()->mutable_conditions()) {
    if (condition.type() != type) continue;
    condition.set_status(status);
    return node;
  }
  auto* condition = node.mutable_status()->add_conditions();
  condition->set_type(type);
  condition->set_status(status);
  return node;
}

TEST(PlanNode, ReadyNodeIsLeftAlone) {
  EXPECT_EQ(Plan(MakeNode("n").Ready().Build(), absl::Seconds(20)), "ready; again in 30s");
}

TEST(PlanNode, SilentNodeIsLost) {
  const NodePlan plan =
      PlanNode({MakeNode("n").Ready().Build(), kNow - absl::Seconds(50), absl::Seconds(50), Eviction::kAllowed, kNow});
  ASSERT_NE(plan.with_conditions, nullptr);
  EXPECT_EQ(plan.ToString(),
            "not ready; conditions unknown; add node.kubernetes.io/unreachable:NoSchedule "
            "node.kubernetes.io/unreachable:NoExecute");
  for (const auto& condition : plan.with_conditions->status().conditions()) {
    EXPECT_EQ(condition.status(), "Unknown") << condition.type();
    const bool known = condition.type() == "Ready";
    EXPECT_EQ(condition.reason(), known ? "NodeStatusUnknown" : "NodeStatusNeverUpdated");
  }
  EXPECT_EQ(plan.with_conditions->status().conditions_size(), 4);
}

TEST(PlanNode, LostNodeIsWrittenOnce) {
  const Node lost =
      *PlanNode({MakeNode("n").Ready().Build(), kNow - absl::Hours(1), absl::Seconds(50), Eviction::kAllowed, kNow})
           .with_conditions;
  EXPECT_EQ(PlanNode({lost, kNow - absl::Hours(1), absl::Seconds(50), Eviction::kAllowed, kNow}).with_conditions,
            nullptr);
}

TEST(PlanNode, ConditionsBecomeTaints) {
  const Node ready = MakeNode("n").Ready().Build();
  EXPECT_EQ(Plan(WithCondition(ready, "MemoryPressure", "True"), absl::ZeroDuration()),
            "ready; add node.kubernetes.io/memory-pressure:NoSchedule; again in 50s");
  EXPECT_EQ(Plan(WithCondition(ready, "Ready", "False"), absl::ZeroDuration()),
            "not ready; add node.kubernetes.io/not-ready:NoSchedule node.kubernetes.io/not-ready:NoExecute; again in "
            "50s");
  EXPECT_EQ(Plan(MakeNode("n").Ready().Unschedulable().Build(), absl::ZeroDuration()),
            "ready; add node.kubernetes.io/unschedulable:NoSchedule; again in 50s");
}

TEST(PlanNode, RecoveredNodeLosesItsTaintsButNotTheUsers) {
  const Node node = MakeNode("n")
                        .Ready()
                        .Taint("node.kubernetes.io/unreachable", "", "NoSchedule")
                        .Taint("node.kubernetes.io/unreachable", "", "NoExecute")
                        .Taint("dedicated", "gpu", "NoSchedule")
                        .Build();
  EXPECT_EQ(Plan(node, absl::ZeroDuration()),
            "ready; remove node.kubernetes.io/unreachable:NoSchedule node.kubernetes.io/unreachable:NoExecute; again "
            "in 50s");
}

TEST(PlanNode, EvictionWaitsForItsTurn) {
  const Node lost = WithCondition(MakeNode("n").Ready().Build(), "Ready", "False");
  EXPECT_THAT(Plan(lost, absl::ZeroDuration(), Eviction::kLater), ::testing::Not(::testing::HasSubstr("NoExecute")));
}

TEST(PlanNode, NoEvictionWhenNoNodeIsReady) {
  const Node lost = MakeNode("n")
                        .Ready(false)
                        .Taint("node.kubernetes.io/not-ready", "", "NoSchedule")
                        .Taint("node.kubernetes.io/not-ready", "", "NoExecute")
                        .Build();
  EXPECT_EQ(Plan(lost, absl::ZeroDuration(), Eviction::kNever),
            "not ready; remove node.kubernetes.io/not-ready:NoExecute; again in 50s");
}

TEST(MustMarkNotReady, OnlyPodsThatWereReadyBefore) {
  Node node = MakeNode("n").Ready(false).Build();
  for (auto& condition : *node.mutable_status()->mutable_conditions()) {
    condition.mutable_lasttransitiontime()->set_seconds(1000);
  }
  const auto at = [](int seconds) { return absl::FromUnixSeconds(seconds); };
  EXPECT_TRUE(MustMarkNotReady(MakePod("p").Ready(true, at(500)).Build(), node));
  EXPECT_FALSE(MustMarkNotReady(MakePod("p").Ready(true, at(1500)).Build(), node));
  EXPECT_FALSE(MustMarkNotReady(MakePod("p").Ready(false, at(500)).Build(), node));
  EXPECT_FALSE(MustMarkNotReady(MakePod("p").Ready(true, at(500)).Build(), MakeNode("n").Ready().Build()));
}

TEST(EvictionRate, SlowsDownInDisruptedZones) {
  const auto zone = [](int ready, int lost) {
    std::vector<NodePtr> nodes;
    for (int i = 0; i < ready; ++i) nodes.push_back(MakeNode("r" + std::to_string(i)).Ready().BuildPtr());
    for (int i = 0; i < lost; ++i) nodes.push_back(MakeNode("l" + std::to_string(i)).Ready(false).BuildPtr());
    return nodes;
  };
  EXPECT_EQ(EvictionRate(zone(3, 1), 0.1), 0.1);
  EXPECT_EQ(EvictionRate(zone(1, 2), 0.1), 0.1);
  EXPECT_EQ(EvictionRate(zone(2, 4), 0.1), 0);
  EXPECT_EQ(EvictionRate(zone(20, 40), 0.1), 0.01);
  EXPECT_EQ(EvictionRate(zone(0, 4), 0.1), 0.1);
  EXPECT_TRUE(IsFullyDisrupted(zone(0, 1)));
  EXPECT_FALSE(IsFullyDisrupted(zone(1, 3)));
}

}  // namespace
}  // namespace kubelite::controllers
