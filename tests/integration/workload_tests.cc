#include "tests/integration/workload_tests.h"

#include <algorithm>
#include <map>

#include "common/api/errors.h"
#include "common/api/int_or_string.h"
#include "common/base/testing/status_matchers.h"
#include "common/control/pods.h"

namespace kubelite::testing {

using k8s::apps::v1::Deployment;
using k8s::apps::v1::ReplicaSet;
using k8s::core::v1::ConfigMap;
using k8s::core::v1::Event;
using k8s::core::v1::Namespace;
using k8s::core::v1::Node;
using k8s::core::v1::Pod;

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(WorkloadTest);

void WorkloadTest::StartCluster(int nodes) {
  cluster_ = GetParam().make({.nodes = nodes});
  ASSERT_NE(cluster_, nullptr);
  const auto ready_nodes = [&] {
    const auto list = client::List<Node>(client());
    int ready = 0;
    for (const auto& node : list.ok() ? *list : std::vector<std::shared_ptr<const Node>>()) {
      for (const auto& condition : node->status().conditions()) {
        ready += condition.type() == "Ready" && condition.status() == "True" && node->spec().taints_size() == 0 ? 1 : 0;
      }
    }
    return ready == nodes;
  };
  ASSERT_TRUE(WaitUntil(ready_nodes)) << "nodes did not become Ready";
}

Deployment WorkloadTest::MakeDeployment(const std::string& name, int replicas, const std::string& tag) {
  Deployment deployment;
  deployment.mutable_metadata()->set_name(name);
  deployment.mutable_metadata()->set_namespace_("default");
  auto* spec = deployment.mutable_spec();
  spec->set_replicas(replicas);
  (*spec->mutable_selector()->mutable_matchlabels())["app"] = name;
  (*spec->mutable_template_()->mutable_metadata()->mutable_labels())["app"] = name;
  auto* pod = spec->mutable_template_()->mutable_spec();
  pod->set_terminationgraceperiodseconds(1);
  auto* container = pod->add_containers();
  container->set_name("hello");
  container->set_image("kube-lite/hello:" + tag);
  auto* probe = container->mutable_readinessprobe();
  probe->mutable_handler()->mutable_httpget()->set_path("/healthz");
  *probe->mutable_handler()->mutable_httpget()->mutable_port() = api::MakeInt(8080);
  probe->set_periodseconds(1);
  return deployment;
}

void WorkloadTest::Apply(const Deployment& deployment) { ASSERT_OK(client::Create(client(), deployment)); }

void WorkloadTest::Edit(const std::string& name, const std::function<void(Deployment*)>& change) {
  for (int attempt = 0; attempt < 20; ++attempt) {
    ASSERT_OK_AND_ASSIGN(const auto present, client::Get<Deployment>(client(), {"default", name}));
    Deployment edited = *present;
    change(&edited);
    const absl::Status written = client::Update(client(), edited).status();
    if (written.ok()) return;
    ASSERT_TRUE(api::IsConflict(written)) << written;
  }
  FAIL() << "too many conflicts";
}

std::vector<std::shared_ptr<const Pod>> WorkloadTest::Pods(const std::string& app) {
  auto pods = client::List<Pod>(client(), {.name_space = "default", .label_selector = "app=" + app});
  return pods.ok() ? *pods : std::vector<std::shared_ptr<const Pod>>();
}

int WorkloadTest::ReadyPods(const std::string& app, const std::string& image) {
  int ready = 0;
  for (const auto& pod : Pods(app)) {
    const bool wanted = image.empty() || pod->spec().containers(0).image() == image;
    ready += wanted && control::IsPodReady(*pod) && !pod->metadata().has_deletiontimestamp() ? 1 : 0;
  }
  return ready;
}

std::shared_ptr<const Deployment> WorkloadTest::Get(const std::string& name) {
  const auto deployment = client::Get<Deployment>(client(), {"default", name});
  return deployment.ok() ? *deployment : nullptr;
}

bool WorkloadTest::IsComplete(const std::string& name) {
  const auto deployment = Get(name);
  if (deployment == nullptr) return false;
  const int wanted = deployment->spec().replicas();
  const auto& status = deployment->status();
  return status.observedgeneration() == deployment->metadata().generation() && status.replicas() == wanted &&
         status.updatedreplicas() == wanted && status.readyreplicas() == wanted &&
         status.availablereplicas() == wanted && static_cast<int>(Pods(name).size()) == wanted;
}

TEST_P(WorkloadTest, ADeploymentRunsScalesAndGoes) {
  StartCluster();
  Apply(MakeDeployment("web", 3));
  ASSERT_TRUE(WaitUntil([&] { return IsComplete("web"); }));
  for (const auto& pod : Pods("web")) {
    EXPECT_EQ(pod->status().phase(), "Running");
    EXPECT_FALSE(pod->status().podip().empty());
  }
  Edit("web", [](Deployment* d) { d->mutable_spec()->set_replicas(7); });
  ASSERT_TRUE(WaitUntil([&] { return IsComplete("web"); }));
  Edit("web", [](Deployment* d) { d->mutable_spec()->set_replicas(1); });
  ASSERT_TRUE(WaitUntil([&] { return IsComplete("web"); }));

  ASSERT_OK(client::Delete<Deployment>(client(), {"default", "web"}));
  EXPECT_TRUE(WaitUntil([&] { return Pods("web").empty() && client::List<ReplicaSet>(client())->empty(); }))
      << "the garbage collector must remove replica sets and pods";
}

TEST_P(WorkloadTest, ADeletedPodIsReplaced) {
  StartCluster();
  Apply(MakeDeployment("web", 2));
  ASSERT_TRUE(WaitUntil([&] { return IsComplete("web"); }));
  const std::string victim = Pods("web")[0]->metadata().name();
  ASSERT_OK(client::Delete<Pod>(client(), {"default", victim}));
  EXPECT_TRUE(WaitUntil([&] {
    return IsComplete("web") && api::IsNotFound(client::Get<Pod>(client(), {"default", victim}).status());
  }));
}

TEST_P(WorkloadTest, ACrashedContainerIsRestartedInItsPod) {
  StartCluster();
  Apply(MakeDeployment("web", 1));
  ASSERT_TRUE(WaitUntil([&] { return IsComplete("web"); }));
  const auto before = Pods("web")[0];
  cluster_->KillContainers(before->metadata().name());
  ASSERT_TRUE(WaitUntil([&] {
    const auto pods = Pods("web");
    return pods.size() == 1 && pods[0]->status().containerstatuses_size() == 1 &&
           pods[0]->status().containerstatuses(0).restartcount() == 1 && control::IsPodReady(*pods[0]);
  }));
  const auto after = Pods("web")[0];
  EXPECT_EQ(after->metadata().uid(), before->metadata().uid());
  EXPECT_EQ(after->status().containerstatuses(0).laststate().terminated().exitcode(), 137);
}

TEST_P(WorkloadTest, ARolloutKeepsItsPromises) {
  StartCluster();
  Deployment deployment = MakeDeployment("web", 4);
  auto* rolling = deployment.mutable_spec()->mutable_strategy()->mutable_rollingupdate();
  deployment.mutable_spec()->mutable_strategy()->set_type("RollingUpdate");
  *rolling->mutable_maxsurge() = api::MakeInt(1);
  *rolling->mutable_maxunavailable() = api::MakeInt(1);
  Apply(deployment);
  ASSERT_TRUE(WaitUntil([&] { return IsComplete("web"); }));

  int least_ready = 4;
  int most_pods = 0;
  Edit("web", [](Deployment* d) {
    d->mutable_spec()->mutable_template_()->mutable_spec()->mutable_containers(0)->set_image("kube-lite/hello:2");
  });
  ASSERT_TRUE(WaitUntil([&] {
    int not_deleting = 0;
    for (const auto& pod : Pods("web")) not_deleting += pod->metadata().has_deletiontimestamp() ? 0 : 1;
    most_pods = std::max(most_pods, not_deleting);
    least_ready = std::min(least_ready, ReadyPods("web"));
    return IsComplete("web") && ReadyPods("web", "kube-lite/hello:2") == 4;
  }));
  EXPECT_GE(least_ready, 3) << "replicas - maxUnavailable";
  EXPECT_LE(most_pods, 5) << "replicas + maxSurge";
  const auto sets = client::List<ReplicaSet>(client());
  ASSERT_OK(sets);
  EXPECT_EQ(sets->size(), 2u) << "the old replica set stays for undo";
  EXPECT_EQ(Get("web")->metadata().annotations().at("deployment.kubernetes.io/revision"), "2");
}

TEST_P(WorkloadTest, ABrokenImageStopsTheRolloutAndTheOldPodsServe) {
  StartCluster();
  Apply(MakeDeployment("web", 3));
  ASSERT_TRUE(WaitUntil([&] { return IsComplete("web"); }));
  Edit("web", [](Deployment* d) {
    d->mutable_spec()->mutable_template_()->mutable_spec()->mutable_containers(0)->set_image("kube-lite/nothing:9");
  });
  const auto stuck = [&] {
    for (const auto& pod : Pods("web")) {
      if (pod->status().containerstatuses_size() == 0) continue;
      const std::string& reason = pod->status().containerstatuses(0).state().waiting().reason();
      if (reason == "ErrImagePull" || reason == "ImagePullBackOff") return true;
    }
    return false;
  };
  ASSERT_TRUE(WaitUntil(stuck));
  EXPECT_GE(ReadyPods("web", "kube-lite/hello:1"), 3) << "25% of 3 rounds down to no unavailable pod";
  Edit("web", [](Deployment* d) {
    d->mutable_spec()->mutable_template_()->mutable_spec()->mutable_containers(0)->set_image("kube-lite/hello:1");
  });
  EXPECT_TRUE(WaitUntil([&] { return IsComplete("web"); }));
}

TEST_P(WorkloadTest, RecreateStopsAllOldPodsFirst) {
  StartCluster();
  Deployment deployment = MakeDeployment("web", 2);
  deployment.mutable_spec()->mutable_strategy()->set_type("Recreate");
  Apply(deployment);
  ASSERT_TRUE(WaitUntil([&] { return IsComplete("web"); }));
  bool mixed = false;
  Edit("web", [](Deployment* d) {
    d->mutable_spec()->mutable_template_()->mutable_spec()->mutable_containers(0)->set_image("kube-lite/hello:2");
  });
  ASSERT_TRUE(WaitUntil([&] {
    mixed = mixed || (ReadyPods("web", "kube-lite/hello:1") > 0 && ReadyPods("web", "kube-lite/hello:2") > 0);
    return IsComplete("web") && ReadyPods("web", "kube-lite/hello:2") == 2;
  }));
  EXPECT_FALSE(mixed);
}

TEST_P(WorkloadTest, ANamespaceIsDeletedWithItsContent) {
  StartCluster();
  Namespace name_space;
  name_space.mutable_metadata()->set_name("doomed");
  ASSERT_OK(client::Create(client(), name_space));
  ConfigMap config;
  config.mutable_metadata()->set_name("c");
  config.mutable_metadata()->set_namespace_("doomed");
  ASSERT_OK(client::Create(client(), config));
  Deployment deployment = MakeDeployment("web", 1);
  deployment.mutable_metadata()->set_namespace_("doomed");
  ASSERT_OK(client::Create(client(), deployment));
  ASSERT_TRUE(WaitUntil([&] {
    const auto pods = client::List<Pod>(client(), {.name_space = "doomed"});
    return pods.ok() && pods->size() == 1 && control::IsPodReady(*pods->front());
  }));
  ASSERT_OK(client::Delete<Namespace>(client(), {"", "doomed"}));
  EXPECT_TRUE(WaitUntil([&] { return api::IsNotFound(client::Get<Namespace>(client(), {"", "doomed"}).status()); }));
  EXPECT_TRUE(client::List<Pod>(client(), {.name_space = "doomed"})->empty());
}

TEST_P(WorkloadTest, APodThatFitsNowhereSaysWhy) {
  StartCluster();
  Deployment deployment = MakeDeployment("huge", 1);
  auto* requests =
      deployment.mutable_spec()->mutable_template_()->mutable_spec()->mutable_containers(0)->mutable_resources();
  (*requests->mutable_requests())["cpu"].set_string("5000");
  Apply(deployment);
  ASSERT_TRUE(WaitUntil([&] {
    const auto events = client::List<Event>(client(), {.name_space = "default"});
    for (const auto& event : *events) {
      if (event->reason() == "FailedScheduling" && event->message() == "0/1 nodes are available: 1 Insufficient cpu.")
        return true;
    }
    return false;
  }));
}

TEST_P(WorkloadTest, PodsSpreadOverNodes) {
  StartCluster(3);
  Apply(MakeDeployment("web", 6));
  ASSERT_TRUE(WaitUntil([&] { return IsComplete("web"); }));
  std::map<std::string, int> per_node;
  for (const auto& pod : Pods("web")) ++per_node[pod->spec().nodename()];
  EXPECT_EQ(per_node.size(), 3u);
  for (const auto& [node, count] : per_node) EXPECT_EQ(count, 2) << node;
}

TEST_P(WorkloadTest, SchedulerAndControllersComeBackAndWorkGoesOn) {
  StartCluster();
  Apply(MakeDeployment("web", 2));
  ASSERT_TRUE(WaitUntil([&] { return IsComplete("web"); }));
  for (const Component component : {Component::kScheduler, Component::kControllers}) {
    cluster_->Kill(component);
    Edit("web", [](Deployment* d) { d->mutable_spec()->set_replicas(d->spec().replicas() + 2); });
    EXPECT_TRUE(WaitUntil([&] { return IsComplete("web"); }, absl::Seconds(120)));
  }
}

TEST_P(WorkloadTest, AKubeletRestartLeavesPodsRunning) {
  StartCluster();
  Apply(MakeDeployment("web", 2));
  ASSERT_TRUE(WaitUntil([&] { return IsComplete("web"); }));
  std::map<std::string, std::string> before;
  for (const auto& pod : Pods("web")) {
    before[pod->metadata().uid()] = pod->status().containerstatuses(0).containerid();
  }
  cluster_->Kill(Component::kKubelet);
  // The new kubelet works once it has run something new.
  Edit("web", [](Deployment* d) { d->mutable_spec()->set_replicas(3); });
  ASSERT_TRUE(WaitUntil([&] { return IsComplete("web"); }));
  for (const auto& pod : Pods("web")) {
    EXPECT_EQ(pod->status().containerstatuses(0).restartcount(), 0);
    const auto found = before.find(pod->metadata().uid());
    if (found == before.end()) continue;
    EXPECT_EQ(pod->status().containerstatuses(0).containerid(), found->second);
  }
}

}  // namespace kubelite::testing
