#include <gmock/gmock.h>

#include "common/api/testing/builders.h"
#include "controllers/podgc/controller.h"
#include "controllers/podgc/plan.h"
#include "controllers/testing/loop_fixture.h"

namespace kubelite::controllers {
namespace {

using api::testing::MakeNode;
using api::testing::MakePod;
using k8s::core::v1::Node;
using k8s::core::v1::Pod;

const absl::Time kNow = absl::UnixEpoch() + absl::Hours(1000);

std::string Plan(const Pod& pod, const Node* node, absl::Duration missing = absl::ZeroDuration()) {
  return PlanPodGc({pod, node, kNow - missing, kNow}).ToString();
}

TEST(PlanPodGc, Cases) {
  const Node node = MakeNode("n").Ready().Build();
  const Node dead = MakeNode("n").Ready(false).Taint("node.kubernetes.io/out-of-service", "", "NoExecute").Build();
  const Pod running = MakePod("p").Node("n").Phase("Running").Build();
  const Pod leaving = MakePod("p").Node("n").Phase("Running").Deleting(kNow).Build();
  EXPECT_EQ(Plan(running, &node), "keep");
  EXPECT_EQ(Plan(leaving, &node), "keep");
  EXPECT_EQ(Plan(running, nullptr, absl::Seconds(10)), "keep again in 30s");
  EXPECT_EQ(Plan(running, nullptr, absl::Seconds(40)), "remove as failed");
  EXPECT_EQ(Plan(MakePod("p").Node("n").Phase("Failed").Build(), nullptr, absl::Seconds(40)), "remove");
  EXPECT_EQ(Plan(running, &dead), "keep");
  EXPECT_EQ(Plan(leaving, &dead), "remove as failed");
  EXPECT_EQ(Plan(MakePod("p").Build(), nullptr), "keep");
  EXPECT_EQ(Plan(MakePod("p").Deleting(kNow).Build(), nullptr), "remove");
}

class PodGcLoop : public LoopFixture {};

TEST_F(PodGcLoop, RemovesPodsOfGoneNodes) {
  Add(PodGcController(0));
  client_->Seed(MakeNode("n1").Build());
  client_->Seed(MakePod("a").Node("n1").Build());
  Advance(absl::Minutes(5));
  ASSERT_NE(Get<Pod>("a"), nullptr);
  ASSERT_OK(client::Delete<Node>(*client_, {"", "n1"}));
  Advance(absl::Seconds(30));
  EXPECT_NE(Get<Pod>("a"), nullptr);
  Advance(absl::Seconds(15));
  EXPECT_EQ(Get<Pod>("a"), nullptr);
}

TEST_F(PodGcLoop, NodeThatReturnsKeepsItsPods) {
  Add(PodGcController(0));
  client_->Seed(MakePod("a").Node("n1").Build());
  Advance(absl::Seconds(30));
  client_->Seed(MakeNode("n1").Build());
  Advance(absl::Minutes(5));
  EXPECT_NE(Get<Pod>("a"), nullptr);
}

TEST_F(PodGcLoop, RemovesTheOldestEndedPods) {
  Add(PodGcController(2));
  client_->Seed(MakeNode("n1").Build());
  for (int i = 0; i < 5; ++i) {
    client_->Seed(MakePod("p" + std::to_string(i))
                      .Node("n1")
                      .Phase("Succeeded")
                      .Created(absl::UnixEpoch() + absl::Seconds(i))
                      .Build());
  }
  Settle();
  EXPECT_EQ(List<Pod>().size(), 2u);
  EXPECT_NE(Get<Pod>("p4"), nullptr);
}

}  // namespace
}  // namespace kubelite::controllers
