#include "scheduler/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/api/testing/builders.h"
#include "common/base/simulated_executor.h"
#include "common/base/testing/status_matchers.h"
#include "common/client/fake/fake_client.h"
#include "scheduler/app.h"

namespace kubelite::scheduler {
namespace {

using api::testing::MakeNode;
using api::testing::MakePod;
using k8s::core::v1::Event;
using k8s::core::v1::Pod;

class SchedulerTest : public ::testing::Test {
 protected:
  SchedulerTest() {
    options_.leader_elect = false;
    Restart();
  }
  void Restart() {
    app_.reset();
    app_ = std::make_unique<App>(daemon::Deps{client_.get(), &executor_, &random_}, options_, [] {});
    app_->Start();
    executor_.Settle();
  }
  void AddNode(const api::testing::NodeBuilder& node) {
    client_->Seed(node.Build());
    executor_.Settle();
  }
  void CreatePod(api::testing::PodBuilder builder) {
    builder.With([](auto* pod) { pod->mutable_spec()->set_schedulername("default-scheduler"); });
    EXPECT_OK(client::Create(*client_, builder.Build()).status());
    executor_.Settle();
  }
  std::string NodeOf(const std::string& pod) {
    const auto found = client::Get<Pod>(*client_, {"default", pod});
    return found.ok() ? (*found)->spec().nodename() : found.status().ToString();
  }
  std::vector<std::string> Messages(const std::string& reason) {
    std::vector<std::string> messages;
    const auto events = client::List<Event>(*client_);
    EXPECT_OK(events.status());
    for (const auto& event : *events) {
      if (event->reason() == reason) messages.push_back(event->message());
    }
    return messages;
  }

  base::SimulatedExecutor executor_{1};
  base::Random random_{1};
  std::unique_ptr<client::FakeClient> client_ = client::FakeClient::New(&executor_, &random_);
  Options options_;
  std::unique_ptr<App> app_;
};

TEST_F(SchedulerTest, BindsAndReports) {
  AddNode(MakeNode("n1"));
  CreatePod(MakePod("p"));
  EXPECT_EQ(NodeOf("p"), "n1");
  executor_.Advance(absl::Seconds(1));
  EXPECT_THAT(Messages("Scheduled"), ::testing::ElementsAre("Successfully assigned default/p to n1"));
}

TEST_F(SchedulerTest, ANamespacesNewLabelLetsAPodIn) {
  AddNode(MakeNode("n1").Label("kubernetes.io/hostname", "n1"));
  client_->Seed(MakePod("neighbour").Namespace("team").Node("n1").Label("app", "x").Build());
  CreatePod(MakePod("p").With([](Pod* pod) {
    auto* term = pod->mutable_spec()
                     ->mutable_affinity()
                     ->mutable_podaffinity()
                     ->add_requiredduringschedulingignoredduringexecution();
    term->set_topologykey("kubernetes.io/hostname");
    (*term->mutable_labelselector()->mutable_matchlabels())["app"] = "x";
    (*term->mutable_namespaceselector()->mutable_matchlabels())["team"] = "a";
  }));
  executor_.Advance(absl::Seconds(20));
  EXPECT_EQ(NodeOf("p"), "");
  k8s::core::v1::Namespace team;
  team.mutable_metadata()->set_name("team");
  (*team.mutable_metadata()->mutable_labels())["team"] = "a";
  client_->Seed(team);
  executor_.Advance(absl::Seconds(20));
  EXPECT_EQ(NodeOf("p"), "n1");
}

TEST_F(SchedulerTest, WaitsForANodeAndSaysWhy) {
  CreatePod(MakePod("p").Requests({{"cpu", "2"}}));
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(NodeOf("p"), "");
  EXPECT_THAT(Messages("FailedScheduling"), ::testing::Contains("no nodes available to schedule pods"));
  AddNode(MakeNode("small").Allocatable({{"cpu", "1"}, {"memory", "1Gi"}, {"pods", "10"}}));
  executor_.Advance(absl::Seconds(3));
  const auto pod = client::Get<Pod>(*client_, {"default", "p"});
  ASSERT_OK(pod);
  ASSERT_EQ((*pod)->status().conditions_size(), 1);
  EXPECT_EQ((*pod)->status().conditions(0).reason(), "Unschedulable");
  EXPECT_EQ((*pod)->status().conditions(0).message(), "0/1 nodes are available: 1 Insufficient cpu.");
  AddNode(MakeNode("large"));
  executor_.Advance(absl::Seconds(11));
  EXPECT_EQ(NodeOf("p"), "large");
}

TEST_F(SchedulerTest, AssumedPodsCountBeforeTheirBindingIsSeen) {
  AddNode(MakeNode("n1").Allocatable({{"cpu", "1"}, {"memory", "1Gi"}, {"pods", "10"}}));
  for (const char* name : {"a", "b", "c"}) {
    auto pod = MakePod(name).Requests({{"cpu", "400m"}}).Build();
    pod.mutable_spec()->set_schedulername("default-scheduler");
    ASSERT_OK(client::Create(*client_, pod));
  }
  executor_.Advance(absl::Seconds(1));
  int bound = 0;
  for (const char* name : {"a", "b", "c"}) bound += NodeOf(name).empty() ? 0 : 1;
  EXPECT_EQ(bound, 2);
}

TEST_F(SchedulerTest, AFailedBindingIsTakenBackAndTriedAgain) {
  AddNode(MakeNode("n1"));
  int failures = 2;
  client_->SetFault([&](const client::FakeClient::Call& call) {
    if (call.subresource != "binding" || failures-- <= 0) return absl::OkStatus();
    return absl::UnavailableError("connection lost");
  });
  CreatePod(MakePod("p"));
  EXPECT_EQ(NodeOf("p"), "");
  executor_.Advance(absl::Seconds(4));
  EXPECT_EQ(NodeOf("p"), "n1");
}

TEST_F(SchedulerTest, GatedAndForeignPodsAreLeftAlone) {
  AddNode(MakeNode("n1"));
  ASSERT_OK(client::Create(
      *client_, MakePod("foreign").With([](auto* pod) { pod->mutable_spec()->set_schedulername("mine"); }).Build()));
  CreatePod(MakePod("gated").With([](auto* pod) { pod->mutable_spec()->add_schedulinggates()->set_name("g"); }));
  executor_.Advance(absl::Minutes(6));
  EXPECT_EQ(NodeOf("foreign"), "");
  EXPECT_EQ(NodeOf("gated"), "");
}

TEST_F(SchedulerTest, ConvergesAfterRestartAndLostWatches) {
  CreatePod(MakePod("p"));
  client_->CutWatches();
  Restart();
  AddNode(MakeNode("n1"));
  executor_.Advance(absl::Seconds(20));
  EXPECT_EQ(NodeOf("p"), "n1");
}

}  // namespace
}  // namespace kubelite::scheduler
