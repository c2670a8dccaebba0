#include "apiserver/snapshots/adopt.h"

#include "apiserver/registry/registry_fixture.h"
#include "k8s/coordination/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::coordination::v1::Lease;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class AdoptTest : public RegistryTest {
 protected:
  void AddNode(const std::string& name) {
    Node node;
    node.mutable_metadata()->set_name(name);
    ASSERT_OK(Create(node));
    AddLease(name, "kube-node-lease");
  }
  void AddLease(const std::string& name, const std::string& name_space) {
    Lease lease;
    lease.mutable_metadata()->set_name(name);
    lease.mutable_metadata()->set_namespace_(name_space);
    ASSERT_OK(Create(lease));
  }
  void Bind(const std::string& pod, const std::string& node) {
    k8s::core::v1::Binding binding;
    binding.mutable_metadata()->set_name(pod);
    binding.mutable_metadata()->set_namespace_("default");
    binding.mutable_target()->set_name(node);
    ASSERT_OK(client_->CreateSubresource(ResourceOf<Pod>(), {"default", pod}, "binding", binding));
  }
  void AddRunningPod(
      const std::string& name, const std::string& node, const std::string& phase = "Running",
      const std::function<void(Pod*)>& edit = [](Pod*) {}) {
    Pod pod = MakePod(name);
    edit(&pod);
    ASSERT_OK(Create(pod));
    if (pod.spec().nodename().empty()) Bind(name, node);
    ASSERT_OK(client_->Patch(ResourceOf<Pod>(), {"default", name}, client::PatchType::kMerge,
                             absl::StrCat(R"({"status":{"phase":")", phase, R"(","podIP":"10.0.0.1"}})"), "status"));
  }
  absl::Status Adopt(const std::vector<std::string>& nodes) {
    return AdoptStore(server_.store(), nodes, executor_.clock().Now());
  }
};

TEST_F(AdoptTest, PodsOfNodesThatWentAreScheduledAnew) {
  AddNode("old");
  AddNode("kept");
  AddRunningPod("moves", "old");
  AddRunningPod("stays", "kept");
  AddRunningPod("done", "old", "Succeeded");
  AddRunningPod("mirror", "old", "Running", [](Pod* pod) {
    const std::string mirror = "kubernetes.io/config.mirror";
    const std::string hash = "x";
    (*pod->mutable_metadata()->mutable_annotations())[mirror] = hash;
    pod->mutable_spec()->set_nodename("old");  // the kubelet binds its mirror pods itself
  });
  AddRunningPod("daemon", "old", "Running", [](Pod* pod) {
    auto* owner = pod->mutable_metadata()->add_ownerreferences();
    owner->set_apiversion("apps/v1");
    owner->set_kind("DaemonSet");
    owner->set_name("d");
    owner->set_uid("u");
    owner->set_controller(true);
  });
  AddRunningPod("leaving", "old");
  ASSERT_OK(client::Delete<Pod>(*client_, {"default", "leaving"}));
  ASSERT_OK_AND_ASSIGN(const auto before, Get<Pod>("moves"));
  ASSERT_OK(Adopt({"kept", "new"}));
  EXPECT_THAT(Names<Node>(), ElementsAre("kept"));
  EXPECT_THAT(Names<Pod>(), ElementsAre("done", "moves", "stays"));
  ASSERT_OK_AND_ASSIGN(const auto moves, Get<Pod>("moves"));
  EXPECT_EQ(moves->spec().nodename(), "");
  EXPECT_EQ(moves->status().phase(), "Pending");
  EXPECT_EQ(moves->status().podip(), "");
  EXPECT_EQ(moves->metadata().uid(), before->metadata().uid());
  EXPECT_EQ(moves->status().qosclass(), before->status().qosclass());
  ASSERT_OK_AND_ASSIGN(const auto stays, Get<Pod>("stays"));
  EXPECT_EQ(stays->status().phase(), "Running");
  ASSERT_OK_AND_ASSIGN(const auto done, Get<Pod>("done"));
  EXPECT_EQ(done->status().phase(), "Succeeded");
}

TEST_F(AdoptTest, NobodyWaitsForOldLeases) {
  AddNode("old");
  AddNode("kept");
  AddLease("kube-scheduler", "kube-system");
  AddLease("an-application", "default");
  ASSERT_OK(Adopt({"kept"}));
  EXPECT_THAT(Names<Lease>(), ElementsAre("an-application"));
}

TEST_F(AdoptTest, ItIsOneStepThatTellsWhoDidIt) {
  AddNode("old");
  AddRunningPod("moves", "old");
  const auto before = server_.store().CurrentRevision();
  ASSERT_OK(Adopt({"new"}));
  EXPECT_EQ(server_.store().CurrentRevision(), before + 1);
  Request request{.verb = "get", .version = "v1", .resource = "pods", .name_space = "default", .name = "moves"};
  request.limit = 1;
  ASSERT_OK_AND_ASSIGN(const auto history, server_.registry().GetHistory(request));
  ASSERT_EQ(history.changes.size(), 1u);
  EXPECT_EQ(history.changes[0].by.user(), "system:snapshot");
  ASSERT_OK(Adopt({"new"}));
  EXPECT_EQ(server_.store().CurrentRevision(), before + 1) << "nothing is left to do";
}

}  // namespace
}  // namespace kubelite::apiserver
