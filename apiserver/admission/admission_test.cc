#include "apiserver/registry/registry_fixture.h"
#include "k8s/scheduling/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using ::testing::HasSubstr;

class AdmissionTest : public RegistryTest {
 protected:
  std::unique_ptr<client::Client> NodeClient(const std::string& node) {
    return server_.ClientFor("system:node:" + node, {"system:nodes"});
  }
  static Pod MirrorPod(const std::string& name, const std::string& node) {
    Pod pod = MakePod(name, node);
    (*pod.mutable_metadata()->mutable_annotations())["kubernetes.io/config.mirror"] = "hash";
    return pod;
  }
};

TEST_F(AdmissionTest, PodsGetAccountPriorityAndTolerations) {
  ASSERT_OK_AND_ASSIGN(const auto pod, Create(MakePod("p")));
  EXPECT_EQ(pod->spec().serviceaccountname(), "default");
  EXPECT_EQ(pod->spec().priority(), 0);
  EXPECT_EQ(pod->spec().preemptionpolicy(), "PreemptLowerPriority");
  ASSERT_EQ(pod->spec().tolerations_size(), 2);
  EXPECT_EQ(pod->spec().tolerations(0).key(), "node.kubernetes.io/not-ready");
  EXPECT_EQ(pod->spec().tolerations(0).tolerationseconds(), 300);
}

TEST_F(AdmissionTest, PodsThatTolerateEverythingGetNoTolerations) {
  Pod pod = MakePod("p");
  auto* toleration = pod.mutable_spec()->add_tolerations();
  toleration->set_operator_("Exists");
  ASSERT_OK_AND_ASSIGN(const auto created, Create(pod));
  EXPECT_EQ(created->spec().tolerations_size(), 1);
}

TEST_F(AdmissionTest, PriorityComesFromTheClass) {
  Pod pod = MakePod("critical");
  pod.mutable_spec()->set_priorityclassname("system-node-critical");
  ASSERT_OK_AND_ASSIGN(const auto critical, Create(pod));
  EXPECT_EQ(critical->spec().priority(), 2000001000);

  pod = MakePod("unknown");
  pod.mutable_spec()->set_priorityclassname("nope");
  EXPECT_EQ(Create(pod).status().message(), "pods \"unknown\" is forbidden: no PriorityClass with name nope was found");
  pod = MakePod("given");
  pod.mutable_spec()->set_priority(5);
  EXPECT_THAT(std::string(Create(pod).status().message()),
              HasSubstr("the integer value of priority (5) must not be provided in pod spec"));

  k8s::scheduling::v1::PriorityClass high;
  high.mutable_metadata()->set_name("high");
  high.set_value(100);
  high.set_globaldefault(true);
  high.set_preemptionpolicy("Never");
  ASSERT_OK(Create(high));
  ASSERT_OK_AND_ASSIGN(const auto defaulted, Create(MakePod("defaulted")));
  EXPECT_EQ(defaulted->spec().priority(), 100);
  EXPECT_EQ(defaulted->spec().priorityclassname(), "high");
  EXPECT_EQ(defaulted->spec().preemptionpolicy(), "Never");
}

TEST_F(AdmissionTest, NodesCreateOnlyTheirOwnMirrorPods) {
  const auto n1 = NodeClient("n1");
  EXPECT_OK(client::Create(*n1, MirrorPod("static-n1", "n1")));
  EXPECT_EQ(
      client::Create(*n1, MakePod("plain", "n1")).status().message(),
      "pods \"plain\" is forbidden: pod does not have \"kubernetes.io/config.mirror\" annotation, node \"n1\" can only "
      "create mirror pods");
  EXPECT_EQ(client::Create(*n1, MirrorPod("static-n2", "n2")).status().message(),
            "pods \"static-n2\" is forbidden: node \"n1\" can only create pods with spec.nodeName set to itself");
}

TEST_F(AdmissionTest, NodesWriteOnlyTheirOwnPodsStatus) {
  ASSERT_OK_AND_ASSIGN(const auto own, Create(MakePod("own", "n1")));
  ASSERT_OK_AND_ASSIGN(const auto foreign, Create(MakePod("foreign", "n2")));
  const auto n1 = NodeClient("n1");
  Pod change = *own;
  change.mutable_status()->set_phase("Running");
  EXPECT_OK(client::Update(*n1, change, "status"));
  EXPECT_TRUE(api::IsForbidden(client::Update(*n1, change).status()));
  change = *foreign;
  change.mutable_status()->set_phase("Running");
  EXPECT_EQ(client::Update(*n1, change, "status").status().message(),
            "pods \"foreign\" is forbidden: node \"n1\" can only update pod status for pods with spec.nodeName set to "
            "itself");
  EXPECT_EQ(client::Delete<Pod>(*n1, {"default", "foreign"}).message(),
            "pods \"foreign\" is forbidden: node \"n1\" can only delete pods with spec.nodeName set to itself");
  EXPECT_OK(client::Delete<Pod>(*n1, {"default", "own"}, {.grace_period_seconds = 0}));
}

TEST_F(AdmissionTest, NodesWriteOnlyTheirOwnNodeAndLease) {
  const auto n1 = NodeClient("n1");
  Node node;
  node.mutable_metadata()->set_name("n1");
  EXPECT_OK(client::Create(*n1, node));
  node.mutable_metadata()->set_name("n2");
  EXPECT_EQ(client::Create(*n1, node).status().message(),
            "nodes \"n2\" is forbidden: node \"n1\" is not allowed to modify node \"n2\"");
  k8s::coordination::v1::Lease lease;
  lease.mutable_metadata()->set_namespace_("kube-node-lease");
  lease.mutable_metadata()->set_name("n1");
  EXPECT_OK(client::Create(*n1, lease));
  lease.mutable_metadata()->set_name("n2");
  EXPECT_THAT(std::string(client::Create(*n1, lease).status().message()),
              HasSubstr("can only access node lease with the same name as the requesting node"));
}

}  // namespace
}  // namespace kubelite::apiserver
