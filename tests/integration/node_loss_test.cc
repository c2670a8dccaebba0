// A node that is away for minutes, on virtual time.

#include "common/base/testing/status_matchers.h"
#include "tests/integration/workload_tests.h"

namespace kubelite::testing {
namespace {

using k8s::core::v1::Node;

// What DefaultTolerationSeconds gives every pod.
constexpr absl::Duration kToleration = absl::Seconds(300);

class NodeLossTest : public WorkloadTest {
 protected:
  SimulatedCluster& nodes() { return static_cast<SimulatedCluster&>(*cluster_); }
  void Live(absl::Duration time) {
    WaitUntil([] { return false; }, time);
  }
  // "unreachable:NoSchedule unreachable:NoExecute"
  std::string Taints(const std::string& name) {
    const auto node = client::Get<Node>(client(), {"", name});
    std::string text;
    if (!node.ok()) return text;
    for (const auto& taint : (*node)->spec().taints()) {
      text += text.empty() ? "" : " ";
      text += taint.key().substr(taint.key().find('/') + 1);
      text += ":";
      text += taint.effect();
    }
    return text;
  }
  struct Count {
    int staying = 0;
    int leaving = 0;
  };
  Count PodsOn(const std::string& node) {
    Count count;
    for (const auto& pod : Pods("web")) {
      if (pod->spec().nodename() == node) ++(pod->metadata().has_deletiontimestamp() ? count.leaving : count.staying);
    }
    return count;
  }
};

TEST_P(NodeLossTest, PodsLeaveALostNodeAfterTheirToleration) {
  StartCluster(3);
  Apply(MakeDeployment("web", 6));
  ASSERT_TRUE(WaitUntil([&] { return IsComplete("web"); }));
  ASSERT_EQ(PodsOn("node-1").staying, 2);

  nodes().StopKubelet("node-1");
  ASSERT_TRUE(
      WaitUntil([&] { return Taints("node-1") == "unreachable:NoSchedule unreachable:NoExecute"; }, absl::Minutes(2)));
  EXPECT_EQ(ReadyPods("web"), 4);
  Live(kToleration - absl::Seconds(10));
  EXPECT_EQ(PodsOn("node-1").staying, 2) << "before their time";
  Live(absl::Seconds(20));
  EXPECT_EQ(PodsOn("node-1").leaving, 2);
  EXPECT_TRUE(WaitUntil([&] { return ReadyPods("web") == 6; }));
  EXPECT_EQ(PodsOn("node-0").staying + PodsOn("node-2").staying, 6);

  nodes().StartKubelet("node-1");
  EXPECT_TRUE(WaitUntil([&] { return Taints("node-1").empty(); }));
  EXPECT_TRUE(WaitUntil([&] { return IsComplete("web"); }));
  EXPECT_EQ(PodsOn("node-1").staying, 0) << "nothing is moved back";
}

TEST_P(NodeLossTest, ANodeThatIsBackInTimeKeepsItsPods) {
  StartCluster(2);
  Apply(MakeDeployment("web", 2));
  ASSERT_TRUE(WaitUntil([&] { return IsComplete("web"); }));
  nodes().StopKubelet("node-0");
  ASSERT_TRUE(
      WaitUntil([&] { return Taints("node-0") == "unreachable:NoSchedule unreachable:NoExecute"; }, absl::Minutes(2)));
  Live(kToleration / 2);
  nodes().StartKubelet("node-0");
  EXPECT_TRUE(WaitUntil([&] { return Taints("node-0").empty(); }));
  Live(2 * kToleration);
  EXPECT_TRUE(IsComplete("web"));
  EXPECT_EQ(PodsOn("node-0").staying, 1);
}

INSTANTIATE_TEST_SUITE_P(Simulated, NodeLossTest, ::testing::Values(ClusterKind{"Simulated", NewSimulatedCluster}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace kubelite::testing
