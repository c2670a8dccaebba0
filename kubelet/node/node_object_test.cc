#include "kubelet/node/node_object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/api/time.h"

namespace kubelite::kubelet {
namespace {

using k8s::core::v1::Node;
using ::testing::ElementsAre;

const absl::Time kNow = absl::FromUnixSeconds(1'900'000'000);

NodeSettings Settings() {
  NodeSettings settings;
  settings.name = "n1";
  settings.ip = "127.0.0.1";
  settings.max_pods = 250;
  settings.labels = {{"zone", "a"}};
  settings.machine.cpus = 4;
  settings.machine.memory_bytes = int64_t{8} << 30;
  settings.runtime = {"fake", "1"};
  return settings;
}

TEST(NodeObject, HasWhatTheSchedulerNeeds) {
  const Node node = MakeNode(Settings(), kNow);
  EXPECT_EQ(node.metadata().labels().at("kubernetes.io/hostname"), "n1");
  EXPECT_EQ(node.metadata().labels().at("kubernetes.io/os"), "linux");
  EXPECT_EQ(node.metadata().labels().at("zone"), "a");
  EXPECT_EQ(node.metadata().annotations().at("volumes.kubernetes.io/controller-managed-attach-detach"), "true");
  EXPECT_EQ(node.status().capacity().at("cpu").string(), "4");
  EXPECT_EQ(node.status().allocatable().at("memory").string(), "8388608Ki");
  EXPECT_EQ(node.status().allocatable().at("pods").string(), "250");
  EXPECT_EQ(node.status().addresses(0).type(), "InternalIP");
  EXPECT_EQ(node.status().nodeinfo().containerruntimeversion(), "fake://1");
}

TEST(NodeObject, ConditionsAreInUpstreamsOrder) {
  const Node node = MakeNode(Settings(), kNow);
  std::vector<std::string> conditions;
  for (const auto& c : node.status().conditions()) conditions.push_back(c.type() + "=" + c.status() + " " + c.reason());
  EXPECT_THAT(conditions, ElementsAre("MemoryPressure=False KubeletHasSufficientMemory",
                                      "DiskPressure=False KubeletHasNoDiskPressure",
                                      "PIDPressure=False KubeletHasSufficientPID", "Ready=True KubeletReady"));
  EXPECT_EQ(node.status().conditions(3).message(), "kubelet is posting ready status");
}

TEST(NodeObject, RefreshingKeepsTransitionTimesAndOthersConditions) {
  Node node = MakeNode(Settings(), kNow);
  auto* other = node.mutable_status()->add_conditions();
  other->set_type("NetworkUnavailable");
  other->set_status("False");
  FillNodeStatus(Settings(), {}, kNow + absl::Seconds(60), node.mutable_status());
  EXPECT_EQ(api::FromProto(node.status().conditions(3).lasttransitiontime()), kNow);
  EXPECT_EQ(api::FromProto(node.status().conditions(3).lastheartbeattime()), kNow + absl::Seconds(60));
  EXPECT_EQ(node.status().conditions(4).type(), "NetworkUnavailable");
}

TEST(NodeObject, AnUnknownNodeBecomesReadyAtTheTime) {
  Node node = MakeNode(Settings(), kNow);
  node.mutable_status()->mutable_conditions(3)->set_status("Unknown");
  FillNodeStatus(Settings(), {}, kNow + absl::Seconds(60), node.mutable_status());
  EXPECT_EQ(node.status().conditions(3).status(), "True");
  EXPECT_EQ(api::FromProto(node.status().conditions(3).lasttransitiontime()), kNow + absl::Seconds(60));
}

TEST(NodeObject, HeartbeatsAloneAreNoChange) {
  const Node node = MakeNode(Settings(), kNow);
  Node later = node;
  FillNodeStatus(Settings(), {}, kNow + absl::Seconds(60), later.mutable_status());
  EXPECT_TRUE(SameNodeStatus(node.status(), later.status()));
  FillNodeStatus(Settings(), {{"a:1", "sha256:1", 1}}, kNow, later.mutable_status());
  EXPECT_FALSE(SameNodeStatus(node.status(), later.status()));
  NodeSettings bigger = Settings();
  bigger.max_pods = 300;
  FillNodeStatus(bigger, {}, kNow, later.mutable_status());
  EXPECT_FALSE(SameNodeStatus(node.status(), later.status()));
}

TEST(NodeObject, MetadataIsTouchedOnlyWhenItDiffers) {
  Node node = MakeNode(Settings(), kNow);
  EXPECT_FALSE(UpdateNodeMetadata(Settings(), &node));
  (*node.mutable_metadata()->mutable_labels())["zone"] = "b";
  EXPECT_TRUE(UpdateNodeMetadata(Settings(), &node));
  EXPECT_EQ(node.metadata().labels().at("zone"), "a");
}

}  // namespace
}  // namespace kubelite::kubelet
