#include "kubelet/node/node_agent.h"

#include <gtest/gtest.h>

#include "common/api/time.h"
#include "common/base/simulated_executor.h"
#include "common/client/fake/fake_client.h"
#include "kubelet/runtime/fake/fake_runtime.h"

namespace kubelite::kubelet {
namespace {

using client::FakeClient;
using k8s::coordination::v1::Lease;
using k8s::core::v1::Node;

class NodeAgentTest : public ::testing::Test {
 protected:
  void Start(bool register_node = true) {
    NodeSettings settings;
    settings.name = "n1";
    settings.ip = "127.0.0.1";
    agent_.emplace(settings, register_node,
                   NodeAgent::Deps{client_.get(), &executor_, &random_, &runtime_, [this] { ++registered_; }});
    agent_->Start();
    executor_.Settle();
  }
  std::shared_ptr<const Node> InApi() {
    auto node = client::Get<Node>(*client_, {"", "n1"});
    return node.ok() ? *node : nullptr;
  }
  bool IsReady() { return InApi() != nullptr && InApi()->status().conditions(3).status() == "True"; }
  absl::Time Renewed() {
    auto lease = client::Get<Lease>(*client_, {"kube-node-lease", "n1"});
    return lease.ok() ? api::FromProto((*lease)->spec().renewtime()) : absl::InfinitePast();
  }
  int Updates() {
    int updates = 0;
    for (const FakeClient::Call& call : client_->calls()) {
      updates += call.verb == "update" && call.resource == "nodes" && call.subresource == "status";
    }
    return updates;
  }

  base::SimulatedExecutor executor_{1};
  base::Random random_{1};
  std::unique_ptr<FakeClient> client_ = FakeClient::New(&executor_, &random_);
  FakeRuntime runtime_{&executor_};
  int registered_ = 0;
  std::optional<NodeAgent> agent_;
};

TEST_F(NodeAgentTest, RegistersReadyAtOnce) {
  Start();
  EXPECT_TRUE(IsReady());
  EXPECT_EQ(registered_, 1);
  EXPECT_EQ(agent_->node_uid(), InApi()->metadata().uid());
  EXPECT_EQ(Renewed(), executor_.clock().Now());
}

TEST_F(NodeAgentTest, RegistersOnceTheServerIsThere) {
  bool away = true;
  client_->SetFault([&](const FakeClient::Call&) { return away ? absl::UnavailableError("away") : absl::OkStatus(); });
  Start();
  executor_.Advance(absl::Seconds(30));
  EXPECT_EQ(registered_, 0);
  away = false;
  executor_.Advance(absl::Seconds(3));
  EXPECT_TRUE(IsReady());
}

TEST_F(NodeAgentTest, TakesUpAnExistingNode) {
  Node node;
  node.mutable_metadata()->set_name("n1");
  (*node.mutable_metadata()->mutable_labels())["mine"] = "x";
  client_->Seed(node);
  Start();
  EXPECT_TRUE(IsReady());
  EXPECT_EQ(InApi()->metadata().labels().at("mine"), "x");
  EXPECT_EQ(InApi()->metadata().labels().at("kubernetes.io/hostname"), "n1");
}

TEST_F(NodeAgentTest, WaitsForItsNodeWhenItMustNotRegister) {
  Start(/*register_node=*/false);
  executor_.Advance(absl::Seconds(10));
  EXPECT_EQ(InApi(), nullptr);
  Node node;
  node.mutable_metadata()->set_name("n1");
  client_->Seed(node);
  executor_.Advance(absl::Seconds(3));
  EXPECT_TRUE(IsReady());
}

TEST_F(NodeAgentTest, RenewsTheLeaseEveryTenSeconds) {
  Start();
  const absl::Time begun = executor_.clock().Now();
  executor_.Advance(absl::Seconds(35));
  EXPECT_EQ(Renewed(), begun + absl::Seconds(30));
}

TEST_F(NodeAgentTest, WritesTheStatusOnChangeAndEveryFiveMinutes) {
  Start();
  const int first = Updates();
  executor_.Advance(absl::Minutes(4));
  EXPECT_EQ(Updates(), first);
  runtime_.AddImage("new:1");
  executor_.Advance(absl::Seconds(10));
  EXPECT_EQ(Updates(), first + 1);
  executor_.Advance(absl::Minutes(6));
  EXPECT_EQ(Updates(), first + 2);
}

TEST_F(NodeAgentTest, ADeletedNodeIsRegisteredAnew) {
  Start();
  ASSERT_TRUE(client::Delete<Node>(*client_, {"", "n1"}).ok());
  runtime_.AddImage("new:1");
  executor_.Advance(absl::Seconds(30));
  EXPECT_TRUE(IsReady());
}

}  // namespace
}  // namespace kubelite::kubelet
