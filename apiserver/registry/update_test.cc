#include "absl/strings/str_cat.h"
#include "apiserver/registry/registry_fixture.h"
#include "k8s/autoscaling/v1.pb.h"
#include "k8s/policy/v1.pb.h"
#include "k8s/resource/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using base::StatusIs;
using ::testing::HasSubstr;

class UpdateTest : public RegistryTest {
 protected:
  absl::StatusOr<ObjectPtr> Patch(const std::string& name, const std::string& patch,
                                  const std::string& subresource = "", const client::WriteOptions& options = {}) {
    return client_->Patch(ResourceOf<Deployment>(), {"default", name}, client::PatchType::kMerge, patch, subresource,
                          options);
  }
};

TEST_F(UpdateTest, StaleResourceVersionConflicts) {
  ASSERT_OK_AND_ASSIGN(const auto first, Create(MakeConfigMap("a")));
  ConfigMap change = *first;
  (*change.mutable_data())["k"] = "1";
  ASSERT_OK_AND_ASSIGN(const auto second, client::Update(*client_, change));
  EXPECT_GT(api::ResourceVersion(*second), api::ResourceVersion(*first));
  (*change.mutable_data())["k"] = "2";
  const absl::Status status = client::Update(*client_, change).status();
  EXPECT_TRUE(api::IsConflict(status)) << status;
  EXPECT_EQ(
      status.message(),
      "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please apply your changes to "
      "the latest version and try again");
}

TEST_F(UpdateTest, UnconditionalUpdateIsAFactOfTheKind) {
  ASSERT_OK_AND_ASSIGN(const auto map, Create(MakeConfigMap("a")));
  ConfigMap change = *map;
  change.mutable_metadata()->clear_resourceversion();
  (*change.mutable_data())["k"] = "1";
  EXPECT_OK(client::Update(*client_, change));

  k8s::policy::v1::PodDisruptionBudget budget;
  budget.mutable_metadata()->set_name("b");
  budget.mutable_metadata()->set_namespace_("default");
  ASSERT_OK_AND_ASSIGN(const auto stored, Create(budget));
  budget = *stored;
  budget.mutable_metadata()->clear_resourceversion();
  EXPECT_THAT(
      client::Update(*client_, budget),
      StatusIs(absl::StatusCode::kInvalidArgument,
               "poddisruptionbudgets.policy \"b\" is invalid: metadata.resourceVersion: Invalid value: 0: must be "
               "specified for an update"));
}

TEST_F(UpdateTest, PatchesMayNotGrowAnObjectWithoutEnd) {
  using Claims = k8s::resource::v1::ResourceClaimTemplate;  // a kind whose maps have no bounds of their own
  Claims claims;
  claims.mutable_metadata()->set_name("c");
  claims.mutable_metadata()->set_namespace_("default");
  ASSERT_OK(Create(claims));
  const auto add = [this](const std::string& key) {
    const std::string patch =
        absl::StrCat(R"({"spec":{"metadata":{"annotations":{")", key, R"(":")", std::string(2 << 20, 'x'), "\"}}}}");
    return client_->Patch(ResourceOf<Claims>(), {"default", "c"}, client::PatchType::kMerge, patch).status();
  };
  EXPECT_OK(add("first"));
  const absl::Status refused = add("second");
  EXPECT_EQ(api::ToApiStatus(refused).reason(), "RequestEntityTooLarge") << refused;
}

TEST_F(UpdateTest, UidIsAPrecondition) {
  ASSERT_OK_AND_ASSIGN(const auto map, Create(MakeConfigMap("a")));
  ConfigMap change = *map;
  change.mutable_metadata()->set_uid("other");
  const absl::Status status = client::Update(*client_, change).status();
  EXPECT_TRUE(api::IsConflict(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("Precondition failed: UID in precondition: other, UID in object meta: "));
}

TEST_F(UpdateTest, ServerOwnedMetadataIsCarriedOverOrImmutable) {
  ASSERT_OK_AND_ASSIGN(const auto map, Create(MakeConfigMap("a")));
  ConfigMap change = MakeConfigMap("a");
  (*change.mutable_data())["k"] = "1";
  ASSERT_OK_AND_ASSIGN(const auto updated, client::Update(*client_, change));
  EXPECT_EQ(updated->metadata().uid(), map->metadata().uid());
  EXPECT_EQ(updated->metadata().creationtimestamp().seconds(), map->metadata().creationtimestamp().seconds());
  change.mutable_metadata()->mutable_creationtimestamp()->set_seconds(1);
  EXPECT_THAT(client::Update(*client_, change),
              StatusIs(absl::StatusCode::kInvalidArgument, "metadata.creationTimestamp: Invalid value: "));
}

TEST_F(UpdateTest, NoChangeIsNotWritten) {
  ASSERT_OK_AND_ASSIGN(const auto created, Create(MakeDeployment("d")));
  const auto revision = server_.store().CurrentRevision();
  ASSERT_OK_AND_ASSIGN(const auto updated, client::Update(*client_, *created));
  EXPECT_EQ(updated->metadata().resourceversion(), created->metadata().resourceversion());
  EXPECT_OK(Patch("d", "{}"));
  EXPECT_EQ(server_.store().CurrentRevision(), revision);
}

TEST_F(UpdateTest, GenerationCountsTheSpecOnly) {
  ASSERT_OK_AND_ASSIGN(const auto created, Create(MakeDeployment("d")));
  Deployment change = *created;
  (*change.mutable_metadata()->mutable_labels())["x"] = "y";
  ASSERT_OK_AND_ASSIGN(auto updated, client::Update(*client_, change));
  EXPECT_EQ(updated->metadata().generation(), 1);
  change = *updated;
  change.mutable_spec()->set_replicas(5);
  ASSERT_OK_AND_ASSIGN(updated, client::Update(*client_, change));
  EXPECT_EQ(updated->metadata().generation(), 2);
  change = *updated;
  (*change.mutable_metadata()->mutable_annotations())["note"] = "counts for deployments";
  change.mutable_metadata()->set_generation(77);
  ASSERT_OK_AND_ASSIGN(updated, client::Update(*client_, change));
  EXPECT_EQ(updated->metadata().generation(), 3);
}

TEST_F(UpdateTest, StatusAndSpecAreWrittenApart) {
  ASSERT_OK_AND_ASSIGN(const auto created, Create(MakeDeployment("d")));
  Deployment change = *created;
  change.mutable_spec()->set_replicas(5);
  change.mutable_status()->set_replicas(2);
  ASSERT_OK_AND_ASSIGN(auto updated, client::Update(*client_, change, "status"));
  EXPECT_EQ(updated->spec().replicas(), 1);
  EXPECT_EQ(updated->status().replicas(), 2);
  EXPECT_EQ(updated->metadata().generation(), 1);
  change = *updated;
  change.mutable_spec()->set_replicas(5);
  change.mutable_status()->set_replicas(9);
  ASSERT_OK_AND_ASSIGN(updated, client::Update(*client_, change));
  EXPECT_EQ(updated->spec().replicas(), 5);
  EXPECT_EQ(updated->status().replicas(), 2);
}

TEST_F(UpdateTest, ScaleIsASubresource) {
  ASSERT_OK(Create(MakeDeployment("d")));
  ASSERT_OK(Patch("d", R"({"spec":{"replicas":7}})", "scale"));
  ASSERT_OK_AND_ASSIGN(const auto scaled, Get<Deployment>("d"));
  EXPECT_EQ(scaled->spec().replicas(), 7);
  EXPECT_EQ(scaled->metadata().generation(), 2);
}

TEST_F(UpdateTest, CreateOnUpdateIsAFactOfTheKind) {
  EXPECT_TRUE(api::IsNotFound(client::Update(*client_, MakeConfigMap("a")).status()));
  k8s::coordination::v1::Lease lease;
  lease.mutable_metadata()->set_name("l");
  lease.mutable_metadata()->set_namespace_("default");
  ASSERT_OK_AND_ASSIGN(const auto created, client::Update(*client_, lease));
  EXPECT_FALSE(created->metadata().uid().empty());
  lease.mutable_metadata()->set_name("m");
  lease.mutable_metadata()->set_resourceversion("3");
  EXPECT_TRUE(api::IsNotFound(client::Update(*client_, lease).status()));
}

TEST_F(UpdateTest, MergePatchEditsTheJsonForm) {
  ASSERT_OK(Create(MakeDeployment("d")));
  ASSERT_OK_AND_ASSIGN(const ObjectPtr patched,
                       Patch("d", R"({"metadata":{"labels":{"a":"b"}},"spec":{"replicas":3,"paused":true}})"));
  const auto& deployment = static_cast<const Deployment&>(*patched);
  EXPECT_EQ(deployment.spec().replicas(), 3);
  EXPECT_TRUE(deployment.spec().paused());
  EXPECT_EQ(deployment.metadata().labels().at("a"), "b");
  ASSERT_OK_AND_ASSIGN(const ObjectPtr again,
                       Patch("d", R"({"metadata":{"labels":{"a":null}},"spec":{"paused":null}})"));
  EXPECT_TRUE(api::Meta(*again).labels().empty());
  EXPECT_FALSE(static_cast<const Deployment&>(*again).spec().paused());
}

TEST_F(UpdateTest, PatchErrorsNameTheField) {
  ASSERT_OK(Create(MakeDeployment("d")));
  EXPECT_THAT(Patch("d", R"({"spec":{"replica":3}})"),
              StatusIs(absl::StatusCode::kInvalidArgument, "unknown field \"spec.replica\""));
  EXPECT_THAT(Patch("d", R"({"spec":{"replicas":"three"}})"),
              StatusIs(absl::StatusCode::kInvalidArgument, "spec.replicas"));
  EXPECT_THAT(Patch("d", "[1]"), StatusIs(absl::StatusCode::kInvalidArgument, ""));
  EXPECT_THAT(Patch("d", R"({"metadata":{"name":"e"}})"),
              StatusIs(absl::StatusCode::kInvalidArgument, "does not match the name on the URL"));
  EXPECT_TRUE(api::IsConflict(Patch("d", R"({"metadata":{"resourceVersion":"1"}})").status()));
  EXPECT_TRUE(api::IsNotFound(Patch("nope", "{}").status()));
}

TEST_F(UpdateTest, ApplyNeedsAManager) {
  ASSERT_OK(Create(MakeDeployment("d")));
  const absl::Status status =
      client_->Patch(ResourceOf<Deployment>(), {"default", "d"}, client::PatchType::kApply, "{}").status();
  EXPECT_EQ(api::ToApiStatus(status).code(), 422);
  EXPECT_EQ(status.message(),
            "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch");
}

TEST_F(UpdateTest, DryRunsWriteNothing) {
  ASSERT_OK(Create(MakeDeployment("d")));
  const auto revision = server_.store().CurrentRevision();
  ASSERT_OK_AND_ASSIGN(const ObjectPtr dry, Patch("d", R"({"spec":{"replicas":3}})", "", {.dry_run = true}));
  EXPECT_EQ(static_cast<const Deployment&>(*dry).spec().replicas(), 3);
  EXPECT_EQ(api::Meta(*dry).generation(), 2);
  EXPECT_OK(client_->Delete(ResourceOf<Deployment>(), {"default", "d"}, {.dry_run = true}));
  EXPECT_EQ(server_.store().CurrentRevision(), revision);
}

TEST_F(UpdateTest, GuaranteedUpdateTriesAgainWhenSomebodyIsFaster) {
  ASSERT_OK(Create(MakeConfigMap("a")));
  const ResourceDef* maps = server_.registry().Find("", "v1", "configmaps");
  int attempts = 0;
  ASSERT_OK(server_.registry().GuaranteedUpdate(*maps, {"default", "a"}, Request(), [&](api::Object* object) {
    if (++attempts == 1) {
      EXPECT_OK(client_->Patch(ResourceOf<ConfigMap>(), {"default", "a"}, client::PatchType::kMerge,
                               R"({"data":{"x":"1"}})"));
    }
    (*static_cast<ConfigMap*>(object)->mutable_data())["y"] = "2";
    return absl::OkStatus();
  }));
  EXPECT_EQ(attempts, 2);
  ASSERT_OK_AND_ASSIGN(const auto map, Get<ConfigMap>("a"));
  EXPECT_EQ(map->data().size(), 2u);
}

TEST_F(UpdateTest, BindingSetsTheNodeOnce) {
  ASSERT_OK(Create(MakePod("p")));
  k8s::core::v1::Binding binding;
  binding.mutable_metadata()->set_name("p");
  binding.mutable_metadata()->set_namespace_("default");
  binding.mutable_target()->set_kind("Node");
  binding.mutable_target()->set_name("n1");
  ASSERT_OK(client_->CreateSubresource(ResourceOf<Pod>(), {"default", "p"}, "binding", binding));
  ASSERT_OK_AND_ASSIGN(const auto pod, Get<Pod>("p"));
  EXPECT_EQ(pod->spec().nodename(), "n1");
  const absl::Status again =
      client_->CreateSubresource(ResourceOf<Pod>(), {"default", "p"}, "binding", binding).status();
  EXPECT_TRUE(api::IsConflict(again)) << again;
}

// What only the old type has goes with it; what was allocated stays although an update leaves it out.
TEST_F(UpdateTest, ServicesMayChangeTheirType) {
  using k8s::core::v1::Service;
  Service service;
  service.mutable_metadata()->set_name("s");
  service.mutable_metadata()->set_namespace_("default");
  service.mutable_spec()->set_type("LoadBalancer");
  service.mutable_spec()->set_clusterip("10.0.0.9");
  service.mutable_spec()->add_clusterips("10.0.0.9");
  auto* port = service.mutable_spec()->add_ports();
  port->set_port(80);
  port->set_nodeport(30080);
  ASSERT_OK(Create(service));
  const auto change = [&](const std::string& patch) {
    return client_->Patch(ResourceOf<Service>(), {"default", "s"}, client::PatchType::kMerge, patch).status();
  };
  ASSERT_OK(change(R"({"spec":{"type":"NodePort","clusterIP":null,"clusterIPs":null}})"));
  ASSERT_OK_AND_ASSIGN(auto now, Get<Service>("s"));
  EXPECT_FALSE(now->spec().has_allocateloadbalancernodeports());
  EXPECT_EQ(now->spec().clusterip(), "10.0.0.9");
  EXPECT_EQ(now->spec().ports(0).nodeport(), 30080);
  ASSERT_OK(change(R"({"spec":{"type":"ClusterIP"}})"));
  ASSERT_OK_AND_ASSIGN(now, Get<Service>("s"));
  EXPECT_EQ(now->spec().ports(0).nodeport(), 0);
  EXPECT_EQ(now->spec().externaltrafficpolicy(), "");
  ASSERT_OK(change(R"({"spec":{"type":"ExternalName","externalName":"example.com"}})"));
  ASSERT_OK_AND_ASSIGN(now, Get<Service>("s"));
  EXPECT_EQ(now->spec().clusterip(), "");
  EXPECT_FALSE(change(R"({"spec":{"clusterIP":"10.0.0.9"}})").ok());
}

}  // namespace
}  // namespace kubelite::apiserver
