#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/api/testing/builders.h"
#include "scheduler/framework/pick_node.h"
#include "scheduler/plugins/all.h"

namespace kubelite::scheduler {
namespace {

using api::testing::MakeNode;
using api::testing::MakePod;
using api::testing::MakeReplicaSet;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kHostname[] = "kubernetes.io/hostname";

// A snapshot built node by node; each node has its hostname label.
class SnapshotBuilder {
 public:
  SnapshotBuilder& Node(api::testing::NodeBuilder node, const std::vector<PodPtr>& pods = {}) {
    k8s::core::v1::Node built = node.Build();
    (*built.mutable_metadata()->mutable_labels())[kHostname] = built.metadata().name();
    auto info = std::make_shared<NodeInfo>(std::make_shared<const k8s::core::v1::Node>(built));
    for (const PodPtr& pod : pods) info->AddPod(pod);
    snapshot_.nodes.push_back(info);
    return *this;
  }
  SnapshotBuilder& Namespace(const std::string& name, const std::map<std::string, std::string>& labels) {
    auto built = std::make_shared<k8s::core::v1::Namespace>();
    built->mutable_metadata()->set_name(name);
    for (const auto& [key, value] : labels) (*built->mutable_metadata()->mutable_labels())[key] = value;
    snapshot_.namespaces[name] = std::move(built);
    return *this;
  }
  operator const Snapshot&() const { return snapshot_; }  // NOLINT: reads as the snapshot

 private:
  Snapshot snapshot_;
};

Decision Pick(const k8s::core::v1::Pod& pod, const Snapshot& snapshot, uint64_t seed = 1) {
  base::Random random(seed);
  return PickNode(pod, snapshot, AllPlugins(), &random);
}

TEST(PickNode, EmptyClusterSaysSo) {
  const Decision decision = Pick(MakePod("p").Build(), Snapshot{});
  EXPECT_EQ(decision.node, "");
  EXPECT_EQ(decision.Message(), "no nodes available to schedule pods");
}

TEST(PickNode, CountsReasonsPerNodeAndSortsThem) {
  SnapshotBuilder nodes;
  nodes.Node(MakeNode("a").Allocatable({{"cpu", "1"}, {"memory", "1Gi"}, {"pods", "10"}}))
      .Node(MakeNode("b").Taint("dedicated", "x", "NoSchedule"))
      .Node(MakeNode("c").Unschedulable());
  const Decision decision = Pick(MakePod("p").Requests({{"cpu", "2"}, {"memory", "2Gi"}}).Build(), nodes);
  EXPECT_EQ(decision.node, "");
  EXPECT_EQ(decision.Message(),
            "0/3 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 1 node(s) had untolerated taint(s), 1 "
            "node(s) "
            "were unschedulable.");
}

TEST(PickNode, SameSeedSameChoice) {
  SnapshotBuilder nodes;
  for (const char* name : {"a", "b", "c", "d"}) nodes.Node(MakeNode(name));
  std::set<std::string> chosen;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const std::string first = Pick(MakePod("p").Build(), nodes, seed).node;
    EXPECT_EQ(first, Pick(MakePod("p").Build(), nodes, seed).node) << "seed " << seed;
    chosen.insert(first);
  }
  EXPECT_GT(chosen.size(), 1u) << "ties must not always go to the same node";
}

TEST(NodeResourcesFit, CountsRequestsOfPodsAlreadyThereAndThePodLimit) {
  SnapshotBuilder nodes;
  nodes
      .Node(MakeNode("full").Allocatable({{"cpu", "1"}, {"memory", "1Gi"}, {"pods", "10"}}),
            {MakePod("x").Requests({{"cpu", "700m"}}).BuildPtr()})
      .Node(MakeNode("crowded").Allocatable({{"cpu", "4"}, {"memory", "1Gi"}, {"pods", "1"}}),
            {MakePod("y").BuildPtr()});
  EXPECT_THAT(Pick(MakePod("p").Requests({{"cpu", "500m"}}).Build(), nodes).reasons,
              ElementsAre(std::pair("Insufficient cpu", 1), std::pair("Too many pods", 1)));
  EXPECT_EQ(Pick(MakePod("p").Requests({{"cpu", "300m"}}).Build(), nodes).node, "full");
}

TEST(NodeResourcesFit, PrefersTheNodeWithMostLeft) {
  SnapshotBuilder nodes;
  nodes.Node(MakeNode("busy"), {MakePod("x").Requests({{"cpu", "3"}, {"memory", "6Gi"}}).BuildPtr()})
      .Node(MakeNode("idle"));
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    EXPECT_EQ(Pick(MakePod("p").Requests({{"cpu", "100m"}, {"memory", "64Mi"}}).Build(), nodes, seed).node, "idle");
  }
}

TEST(Resources, InitContainersCountByTheirPeakAndSidecarsAlong) {
  auto pod = MakePod("p").Requests({{"cpu", "100m"}}).Build();
  const auto add_init = [&](const std::string& cpu, const std::string& policy) {
    auto* init = pod.mutable_spec()->add_initcontainers();
    init->set_restartpolicy(policy);
    (*init->mutable_resources()->mutable_requests())["cpu"].set_string(cpu);
  };
  add_init("200m", "Always");
  add_init("500m", "");
  EXPECT_EQ(PodRequests(pod).Get("cpu"), 700);  // the sidecar while the second init container runs
  EXPECT_EQ(PodRequests(pod).Get("pods"), 1);
}

TEST(TaintToleration, ToleratedTaintsAreNoObstacleAndPreferNoScheduleIsAvoided) {
  SnapshotBuilder nodes;
  nodes.Node(MakeNode("tainted").Taint("k", "v", "NoSchedule"));
  EXPECT_EQ(Pick(MakePod("p").Build(), nodes).node, "");
  EXPECT_EQ(Pick(MakePod("p").Tolerate("k", "NoSchedule").Build(), nodes).node, "tainted");

  SnapshotBuilder soft;
  soft.Node(MakeNode("avoid").Taint("k", "v", "PreferNoSchedule")).Node(MakeNode("take"));
  for (uint64_t seed = 1; seed <= 10; ++seed) EXPECT_EQ(Pick(MakePod("p").Build(), soft, seed).node, "take");
}

TEST(NodeAffinity, SelectorAndRequiredTerms) {
  SnapshotBuilder nodes;
  nodes.Node(MakeNode("ssd").Label("disk", "ssd")).Node(MakeNode("hdd").Label("disk", "hdd"));
  EXPECT_EQ(Pick(MakePod("p").NodeSelector({{"disk", "hdd"}}).Build(), nodes).node, "hdd");
  EXPECT_EQ(Pick(MakePod("p").NodeSelector({{"disk", "tape"}}).Build(), nodes).Message(),
            "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.");
  auto pod = MakePod("p").Build();
  auto* term = pod.mutable_spec()
                   ->mutable_affinity()
                   ->mutable_nodeaffinity()
                   ->mutable_requiredduringschedulingignoredduringexecution()
                   ->add_nodeselectorterms();
  auto* expression = term->add_matchexpressions();
  expression->set_key("disk");
  expression->set_operator_("NotIn");
  expression->add_values("hdd");
  EXPECT_EQ(Pick(pod, nodes).node, "ssd");
}

TEST(NodePorts, HostPortsAreExclusive) {
  const auto with_port = [](const std::string& name, int port) {
    return MakePod(name).With([&](auto* pod) {
      auto* added = pod->mutable_spec()->mutable_containers(0)->add_ports();
      added->set_hostport(port);
      added->set_protocol("TCP");
    });
  };
  SnapshotBuilder nodes;
  nodes.Node(MakeNode("a"), {with_port("x", 80).BuildPtr()});
  EXPECT_THAT(Pick(with_port("p", 80).Build(), nodes).reasons,
              ElementsAre(std::pair("node(s) didn't have free ports for the requested pod ports", 1)));
  EXPECT_EQ(Pick(with_port("p", 81).Build(), nodes).node, "a");
}

TEST(PodTopologySpread, PodsOfOneControllerSpreadByDefault) {
  const auto set = MakeReplicaSet("rs").Build();
  SnapshotBuilder nodes;
  nodes.Node(MakeNode("a"), {MakePod("1").Owner(set).BuildPtr(), MakePod("2").Owner(set).BuildPtr()})
      .Node(MakeNode("b"), {MakePod("other").BuildPtr(), MakePod("another").BuildPtr()});
  for (uint64_t seed = 1; seed <= 10; ++seed) EXPECT_EQ(Pick(MakePod("p").Owner(set).Build(), nodes, seed).node, "b");
}

TEST(PodTopologySpread, DoNotScheduleIsKept) {
  auto pod = MakePod("p").Label("app", "x").Build();
  auto* constraint = pod.mutable_spec()->add_topologyspreadconstraints();
  constraint->set_maxskew(1);
  constraint->set_topologykey(kHostname);
  constraint->set_whenunsatisfiable("DoNotSchedule");
  (*constraint->mutable_labelselector()->mutable_matchlabels())["app"] = "x";
  const PodPtr running = MakePod("r").Label("app", "x").BuildPtr();
  SnapshotBuilder nodes;
  nodes.Node(MakeNode("a"), {running}).Node(MakeNode("b").Unschedulable());
  EXPECT_THAT(Pick(pod, nodes).reasons,
              ElementsAre(std::pair("node(s) didn't match pod topology spread constraints", 1),
                          std::pair("node(s) were unschedulable", 1)));
}

TEST(InterPodAffinity, RequiredAntiAffinityWorksInBothDirections) {
  const auto repel = [](const std::string& name) {
    return MakePod(name).Label("app", "x").With([](auto* pod) {
      auto* term = pod->mutable_spec()
                       ->mutable_affinity()
                       ->mutable_podantiaffinity()
                       ->add_requiredduringschedulingignoredduringexecution();
      term->set_topologykey(kHostname);
      (*term->mutable_labelselector()->mutable_matchlabels())["app"] = "x";
    });
  };
  SnapshotBuilder nodes;
  nodes.Node(MakeNode("a"), {repel("r").BuildPtr()}).Node(MakeNode("b"));
  EXPECT_EQ(Pick(repel("p").Build(), nodes).node, "b");
  SnapshotBuilder one;
  one.Node(MakeNode("a"), {repel("r").BuildPtr()});
  EXPECT_THAT(Pick(MakePod("plain").Label("app", "x").Build(), one).reasons,
              ElementsAre(std::pair("node(s) didn't satisfy existing pods anti-affinity rules", 1)));
}

// A pod of namespace `shop` that wants to be (or not to be) with pods "app: x" of namespaces that the selector matches.
k8s::core::v1::Pod InShop(bool anti, const std::map<std::string, std::string>& selector) {
  return MakePod("p")
      .Namespace("shop")
      .With([&](auto* pod) {
        auto* affinity = pod->mutable_spec()->mutable_affinity();
        auto* term = anti ? affinity->mutable_podantiaffinity()->add_requiredduringschedulingignoredduringexecution()
                          : affinity->mutable_podaffinity()->add_requiredduringschedulingignoredduringexecution();
        term->set_topologykey(kHostname);
        (*term->mutable_labelselector()->mutable_matchlabels())["app"] = "x";
        auto* labels = term->mutable_namespaceselector()->mutable_matchlabels();
        for (const auto& [key, value] : selector) (*labels)[key] = value;
      })
      .Build();
}

TEST(InterPodAffinity, NamespaceSelectorsChooseByTheNamespacesLabels) {
  SnapshotBuilder nodes;
  nodes.Namespace("team-a", {{"team", "a"}})
      .Namespace("team-b", {{"team", "b"}})
      .Node(MakeNode("a"), {MakePod("1").Namespace("team-a").Label("app", "x").BuildPtr()})
      .Node(MakeNode("b"), {MakePod("2").Namespace("team-b").Label("app", "x").BuildPtr()});
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    EXPECT_EQ(Pick(InShop(false, {{"team", "b"}}), nodes, seed).node, "b");
    EXPECT_EQ(Pick(InShop(true, {{"team", "b"}}), nodes, seed).node, "a");
  }
  EXPECT_EQ(Pick(InShop(false, {{"team", "c"}}), nodes).Message(),
            "0/2 nodes are available: 2 node(s) didn't match pod affinity rules.");
  EXPECT_EQ(Pick(InShop(true, {}), nodes).Message(),
            "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules.");
}

TEST(InterPodAffinity, NamespacesMayBeNamedBesidesTheSelector) {
  SnapshotBuilder nodes;
  nodes.Namespace("team-a", {{"team", "a"}})
      .Node(MakeNode("a"), {MakePod("1").Namespace("other").Label("app", "x").BuildPtr()})
      .Node(MakeNode("b"), {MakePod("2").Namespace("shop").Label("app", "x").BuildPtr()});
  auto pod = InShop(false, {{"team", "a"}});
  EXPECT_EQ(Pick(pod, nodes).node, "") << "the selector replaces the pod's own namespace";
  auto* term = pod.mutable_spec()
                   ->mutable_affinity()
                   ->mutable_podaffinity()
                   ->mutable_requiredduringschedulingignoredduringexecution(0);
  term->add_namespaces("other");
  EXPECT_EQ(Pick(pod, nodes).node, "a");
}

TEST(InterPodAffinity, ExistingPodsRepelByNamespaceSelectorToo) {
  const auto existing = std::make_shared<k8s::core::v1::Pod>(InShop(true, {{"team", "a"}}));
  SnapshotBuilder nodes;
  nodes.Namespace("team-a", {{"team", "a"}}).Node(MakeNode("a"), {existing});
  EXPECT_THAT(Pick(MakePod("p").Namespace("team-a").Label("app", "x").Build(), nodes).reasons,
              ElementsAre(std::pair("node(s) didn't satisfy existing pods anti-affinity rules", 1)));
  EXPECT_EQ(Pick(MakePod("p").Namespace("team-b").Label("app", "x").Build(), nodes).node, "a");
}

TEST(SchedulingGates, GatedPodsStayOut) {
  auto pod = MakePod("p").Build();
  pod.mutable_spec()->add_schedulinggates()->set_name("a");
  pod.mutable_spec()->add_schedulinggates()->set_name("b");
  EXPECT_THAT(NewSchedulingGates()->PreEnqueue(pod).reasons, ElementsAre("waiting for scheduling gates: [a b]"));
  EXPECT_THAT(NewSchedulingGates()->PreEnqueue(MakePod("q").Build()).reasons, IsEmpty());
}

}  // namespace
}  // namespace kubelite::scheduler
