// Every row of the schema, with the least that its rules ask for.

#include <set>

#include "apiserver/registry/registry_fixture.h"
#include "k8s/authentication/v1.pb.h"
#include "k8s/authorization/v1.pb.h"
#include "k8s/autoscaling/v1.pb.h"
#include "k8s/autoscaling/v2.pb.h"
#include "k8s/events/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using ::testing::ElementsAre;

class ResourcesTest : public RegistryTest {};

TEST_F(ResourcesTest, EveryResourceIsServedOnce) {
  std::set<std::string> names;
  for (const ResourceDef& def : server_.registry().resources()) {
    EXPECT_TRUE(names.insert(absl::StrCat(def.info->gvk.ApiVersion(), "/", def.info->plural)).second);
  }
  EXPECT_EQ(names.size(), api::Scheme::Builtin().resources().size());
}

TEST_F(ResourcesTest, EveryResourceListsWatchesAndPrints) {
  for (const ResourceDef& def : server_.registry().resources()) {
    if (def.info->HasVerb("list")) {
      EXPECT_OK(client_->List(*def.info, {})) << def.info->GroupResource();
      const auto table = client_->ListTable(*def.info, {});
      ASSERT_OK(table) << def.info->GroupResource();
      EXPECT_GT(table->table->columns_size(), 0) << def.info->GroupResource();
    }
    if (!def.info->HasVerb("watch")) continue;
    EXPECT_OK(client_->Watch(*def.info, {}, [] {})) << def.info->GroupResource();
  }
}

TEST_F(ResourcesTest, EveryStoredKindWithoutHooksIsStoredAndReadBack) {
  int stored = 0;
  for (const ResourceDef& def : server_.registry().resources()) {
    if (!def.info->HasVerb("create") || !def.info->HasVerb("get") || def.validate) continue;
    absl::StatusOr<std::unique_ptr<api::Object>> object = api::Scheme::Builtin().New(def.info->gvk);
    ASSERT_OK(object);
    k8s::meta::v1::ObjectMeta* meta = api::MutableMeta(object->get());
    meta->set_name("x1");
    if (def.info->namespaced) meta->set_namespace_("default");
    const auto created = client_->Create(*def.info, **object);
    ASSERT_OK(created) << def.info->GroupResource();
    EXPECT_EQ(api::Meta(**created).generation(), def.generation_fields.empty() ? 0 : 1) << def.info->GroupResource();
    const ObjectKey key = api::KeyOf(**created);
    const auto read = client_->Get(*def.info, key);
    ASSERT_OK(read) << def.info->GroupResource();
    EXPECT_EQ(api::EncodeJson(**read), api::EncodeJson(**created));
    EXPECT_OK(client_->Delete(*def.info, key)) << def.info->GroupResource();
    ++stored;
  }
  EXPECT_GT(stored, 40);
}

TEST_F(ResourcesTest, AccessReviewsAskTheAuthorizer) {
  k8s::authorization::v1::SelfSubjectAccessReview review;
  auto* wanted = review.mutable_spec()->mutable_resourceattributes();
  wanted->set_verb("list");
  wanted->set_resource("pods");
  const auto allowed = [&](client::Client& client) {
    const auto answer = client::Create(client, review);
    EXPECT_OK(answer);
    return answer.ok() && (*answer)->status().allowed();
  };
  EXPECT_TRUE(allowed(*client_));
  EXPECT_TRUE(allowed(*server_.ClientFor("system:kube-scheduler")));
  EXPECT_FALSE(allowed(*server_.ClientFor("alice")));
  review.mutable_spec()->clear_resourceattributes();
  EXPECT_TRUE(api::IsInvalid(client::Create(*client_, review).status()));

  k8s::authorization::v1::SubjectAccessReview other;
  other.mutable_spec()->set_user("alice");
  other.mutable_spec()->add_groups("system:masters");
  *other.mutable_spec()->mutable_resourceattributes() = *wanted;
  EXPECT_TRUE(api::IsForbidden(client::Create(*server_.ClientFor("alice"), other).status()));
}

TEST_F(ResourcesTest, SelfSubjectReviewSaysWhoAsks) {
  const auto answer =
      client::Create(*server_.ClientFor("alice", {"staff"}), k8s::authentication::v1::SelfSubjectReview());
  ASSERT_OK(answer);
  EXPECT_EQ((*answer)->status().userinfo().username(), "alice");
  EXPECT_THAT((*answer)->status().userinfo().groups(), ElementsAre("staff", "system:authenticated"));
}

TEST_F(ResourcesTest, BindingsBindAsPodsBindingDoes) {
  ASSERT_OK(Create(MakePod("p")));
  k8s::core::v1::Binding binding;
  binding.mutable_metadata()->set_name("p");
  binding.mutable_metadata()->set_namespace_("default");
  binding.mutable_target()->set_name("n1");
  ASSERT_OK(Create(binding));
  ASSERT_OK_AND_ASSIGN(const auto pod, Get<Pod>("p"));
  EXPECT_EQ(pod->spec().nodename(), "n1");
}

TEST_F(ResourcesTest, EventsAreOneKindInTwoGroups) {
  k8s::events::v1::Event event;
  event.mutable_metadata()->set_name("e");
  event.mutable_metadata()->set_namespace_("default");
  event.mutable_regarding()->set_kind("Pod");
  event.mutable_regarding()->set_name("p");
  event.mutable_regarding()->set_namespace_("default");
  event.set_reason("Scheduled");
  event.set_action("Binding");
  event.set_note("assigned");
  event.set_type("Normal");
  event.set_reportingcontroller("example.com/scheduler");
  event.set_reportinginstance("scheduler-0");
  api::ToProto(executor_.clock().Now(), event.mutable_eventtime());
  const auto watch = Watch<k8s::core::v1::Event>();
  ASSERT_OK_AND_ASSIGN(const auto created, Create(event));
  ASSERT_OK_AND_ASSIGN(const auto core, Get<k8s::core::v1::Event>("e"));
  EXPECT_EQ(core->message(), "assigned");
  EXPECT_EQ(core->involvedobject().name(), "p");
  EXPECT_EQ(core->metadata().resourceversion(), created->metadata().resourceversion());
  EXPECT_THAT(Texts(watch.get()), ElementsAre("ADDED e"));
  k8s::core::v1::Event more = *core;
  more.set_count(2);
  ASSERT_OK(client::Update(*client_, more));
  ASSERT_OK_AND_ASSIGN(const auto view, Get<k8s::events::v1::Event>("e"));
  EXPECT_EQ(view->deprecatedcount(), 2);
  EXPECT_EQ(view->note(), "assigned");
  ASSERT_OK(client::Delete<k8s::events::v1::Event>(*client_, {"default", "e"}));
  EXPECT_TRUE(api::IsNotFound(Get<k8s::core::v1::Event>("e").status()));
}

TEST_F(ResourcesTest, NoTwoKindsShareAKey) {
  std::map<std::string, const google::protobuf::Descriptor*> kinds;
  for (const ResourceDef& def : server_.registry().resources()) {
    const auto [found, added] =
        kinds.emplace(def.storage().gvk.group + "/" + def.storage().plural, def.storage().descriptor);
    EXPECT_EQ(found->second, def.storage().descriptor) << def.info->gvk.ApiVersion() << " " << def.info->plural;
  }
}

TEST_F(ResourcesTest, AutoscalersAreOneKindInTwoVersions) {
  k8s::autoscaling::v2::HorizontalPodAutoscaler scaler;
  scaler.mutable_metadata()->set_name("h");
  scaler.mutable_metadata()->set_namespace_("default");
  scaler.mutable_spec()->mutable_scaletargetref()->set_name("d");
  scaler.mutable_spec()->set_maxreplicas(5);
  for (const char* resource : {"memory", "cpu"}) {
    auto* metric = scaler.mutable_spec()->add_metrics();
    metric->set_type("Resource");
    metric->mutable_resource()->set_name(resource);
    metric->mutable_resource()->mutable_target()->set_type("Utilization");
    metric->mutable_resource()->mutable_target()->set_averageutilization(70);
  }
  scaler.mutable_spec()->mutable_metrics(0)->mutable_resource()->mutable_target()->set_type("AverageValue");
  scaler.mutable_spec()->mutable_behavior()->mutable_scaledown()->set_stabilizationwindowseconds(60);
  ASSERT_OK(Create(scaler));
  ASSERT_OK_AND_ASSIGN(const auto old, Get<k8s::autoscaling::v1::HorizontalPodAutoscaler>("h"));
  EXPECT_EQ(old->spec().targetcpuutilizationpercentage(), 70);
  k8s::autoscaling::v1::HorizontalPodAutoscaler change = *old;
  change.mutable_spec()->set_targetcpuutilizationpercentage(50);
  ASSERT_OK(client::Update(*client_, change));
  ASSERT_OK_AND_ASSIGN(const auto now, Get<k8s::autoscaling::v2::HorizontalPodAutoscaler>("h"));
  ASSERT_EQ(now->spec().metrics_size(), 2);
  EXPECT_EQ(now->spec().metrics(0).resource().target().averageutilization(), 50);
  EXPECT_EQ(now->spec().metrics(1).resource().name(), "memory");
  EXPECT_EQ(now->spec().behavior().scaledown().stabilizationwindowseconds(), 60);
  EXPECT_TRUE(now->metadata().annotations().empty());
}

}  // namespace
}  // namespace kubelite::apiserver
