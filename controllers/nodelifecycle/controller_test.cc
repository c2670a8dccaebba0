#include "controllers/nodelifecycle/controller.h"

#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "common/api/testing/builders.h"
#include "common/api/time.h"
#include "common/control/pods.h"
#include "controllers/nodelifecycle/plan.h"
#include "controllers/testing/loop_fixture.h"

namespace kubelite::controllers {
namespace {

using api::testing::MakeNode;
using api::testing::MakePod;
using k8s::coordination::v1::Lease;
using k8s::core::v1::Node;
using k8s::core::v1::Pod;
using ::testing::Contains;

class NodeLoop : public LoopFixture {
 protected:
  NodeLoop() {
    Add(NodeLifecycleController({}));
    Add(TaintEvictionController());
  }
  void AddNode(const std::string& name) {
    client_->Seed(MakeNode(name).Ready(true, Now()).Created(Now()).Build());
    Beat(name);
  }
  // A heartbeat.
  void Beat(const std::string& name) {
    const auto present = Get<Lease>(name, "kube-node-lease");
    Lease lease = present == nullptr ? Lease() : *present;
    lease.mutable_metadata()->set_namespace_("kube-node-lease");
    lease.mutable_metadata()->set_name(name);
    api::ToProto(Now(), lease.mutable_spec()->mutable_renewtime());
    ASSERT_OK(present == nullptr ? client::Create(*client_, lease) : client::Update(*client_, lease));
  }
  void Live(absl::Duration time, const std::vector<std::string>& beating) {
    for (absl::Duration t; t < time; t += absl::Seconds(10)) {
      for (const std::string& name : beating) Beat(name);
      Advance(absl::Seconds(10));
    }
  }
  std::string Taints(const std::string& name) {
    std::string text;
    for (const auto& taint : Get<Node>(name)->spec().taints()) {
      absl::StrAppend(&text, text.empty() ? "" : " ", taint.key().substr(taint.key().find('/') + 1), ":",
                      taint.effect());
    }
    return text;
  }
};

TEST_F(NodeLoop, HeartbeatsKeepANodeReady) {
  AddNode("n1");
  Live(absl::Minutes(10), {"n1"});
  EXPECT_TRUE(IsNodeReady(*Get<Node>("n1")));
  EXPECT_EQ(Taints("n1"), "");
  EXPECT_EQ(Calls("update", "nodes"), 0);
  EXPECT_THAT(events(), Contains("Normal RegisteredNode: Node n1 event: Registered Node n1 in Controller"));
}

TEST_F(NodeLoop, SilentNodeIsLostAndItsPodsLeave) {
  AddNode("n1");
  AddNode("n2");
  client_->Seed(MakePod("a").Node("n1").Ready(true, Now()).Build());
  client_->Seed(MakePod("safe").Node("n2").Ready(true, Now()).Build());
  Live(absl::Seconds(40), {"n1", "n2"});
  Live(absl::Seconds(70), {"n2"});
  EXPECT_FALSE(IsNodeReady(*Get<Node>("n1")));
  EXPECT_EQ(Taints("n1"), "unreachable:NoSchedule unreachable:NoExecute");
  EXPECT_THAT(events(), Contains("Normal NodeNotReady: Node n1 status is now: NodeNotReady"));
  EXPECT_THAT(events(), Contains("Warning NodeNotReady: Node is not ready"));
  EXPECT_TRUE(control::IsPodReady(*Get<Pod>("safe")));
  ASSERT_NE(Get<Pod>("a"), nullptr);
  EXPECT_TRUE(api::IsBeingDeleted(*Get<Pod>("a")));
  EXPECT_EQ(control::FindPodCondition(Get<Pod>("a")->status(), "DisruptionTarget")->reason(), "DeletionByTaintManager");
  EXPECT_THAT(events(), Contains("Normal TaintManagerEviction: Marking for deletion Pod default/a"));
}

TEST_F(NodeLoop, TheOnlyNodeKeepsItsPods) {
  AddNode("n1");
  client_->Seed(MakePod("a").Node("n1").Ready(true, Now()).Build());
  Live(absl::Seconds(10), {"n1"});
  Advance(absl::Minutes(10));
  EXPECT_EQ(Taints("n1"), "unreachable:NoSchedule");
  EXPECT_FALSE(api::IsBeingDeleted(*Get<Pod>("a")));
  EXPECT_FALSE(control::IsPodReady(*Get<Pod>("a")));
}

TEST_F(NodeLoop, TolerationDelaysEvictionAndRecoveryCancelsIt) {
  AddNode("n1");
  AddNode("n2");
  client_->Seed(MakePod("a")
                    .Node("n1")
                    .With([](Pod* pod) {
                      auto* toleration = pod->mutable_spec()->add_tolerations();
                      toleration->set_key("node.kubernetes.io/unreachable");
                      toleration->set_operator_("Exists");
                      toleration->set_effect("NoExecute");
                      toleration->set_tolerationseconds(300);
                    })
                    .Build());
  Live(absl::Seconds(10), {"n1", "n2"});
  Live(absl::Seconds(200), {"n2"});
  EXPECT_EQ(Taints("n1"), "unreachable:NoSchedule unreachable:NoExecute");
  EXPECT_FALSE(api::IsBeingDeleted(*Get<Pod>("a")));
  // The kubelet is back.
  Change<Node>(
      "n1",
      [](Node* node) {
        for (auto& condition : *node->mutable_status()->mutable_conditions()) {
          if (condition.type() == "Ready") condition.set_status("True");
        }
      },
      "status");
  Live(absl::Minutes(10), {"n1", "n2"});
  EXPECT_EQ(Taints("n1"), "");
  EXPECT_FALSE(api::IsBeingDeleted(*Get<Pod>("a")));
  EXPECT_THAT(events(), Contains("Normal TaintManagerEviction: Cancelling deletion of Pod default/a"));
}

TEST_F(NodeLoop, NewNodeGetsItsTaintAwayAsSoonAsItIsReady) {
  client_->Seed(MakeNode("n1").Ready().Taint("node.kubernetes.io/not-ready", "", "NoSchedule").Build());
  Settle();
  EXPECT_EQ(Taints("n1"), "");
}

TEST_F(NodeLoop, NodeThatNeverReportsIsLostAfterTheStartupGrace) {
  client_->Seed(MakeNode("n1").Created(Now()).Build());
  Advance(absl::Seconds(55));
  EXPECT_EQ(Taints("n1"), "not-ready:NoSchedule");
  Advance(absl::Seconds(15));
  EXPECT_EQ(Taints("n1"), "unreachable:NoSchedule");
}

TEST_F(NodeLoop, RestartGivesSilentNodesTheirGraceAgain) {
  AddNode("n1");
  Live(absl::Seconds(10), {"n1"});
  Advance(absl::Seconds(30));
  Restart({NodeLifecycleController({}), TaintEvictionController()});
  Advance(absl::Seconds(30));
  EXPECT_TRUE(IsNodeReady(*Get<Node>("n1")));
  Advance(absl::Seconds(30));
  EXPECT_FALSE(IsNodeReady(*Get<Node>("n1")));
}

TEST_F(NodeLoop, RemovedNodeIsReported) {
  AddNode("n1");
  Settle();
  ASSERT_OK(client::Delete<Node>(*client_, {"", "n1"}));
  Settle();
  EXPECT_THAT(events(), Contains("Normal RemovingNode: Node n1 event: Removing Node n1 from Controller"));
}

TEST_F(NodeLoop, EvictionsAreRateLimited) {
  for (int i = 0; i < 5; ++i) AddNode(absl::StrCat("n", i));
  Live(absl::Seconds(10), {"n0", "n1", "n2", "n3", "n4"});
  Live(absl::Seconds(40), {"n2", "n3", "n4"});
  Advance(absl::Seconds(5));
  const bool first = Taints("n0").find("NoExecute") != std::string::npos;
  const bool second = Taints("n1").find("NoExecute") != std::string::npos;
  EXPECT_NE(first, second) << "one in ten seconds";
  Live(absl::Seconds(20), {"n2", "n3", "n4"});
  EXPECT_EQ(Taints("n0"), "unreachable:NoSchedule unreachable:NoExecute");
  EXPECT_EQ(Taints("n1"), "unreachable:NoSchedule unreachable:NoExecute");
}

}  // namespace
}  // namespace kubelite::controllers
