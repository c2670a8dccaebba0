#include <gmock/gmock.h>

#include "common/api/testing/builders.h"
#include "controllers/namespace/controller.h"
#include "controllers/namespace/plan.h"
#include "controllers/testing/loop_fixture.h"

namespace kubelite::controllers {
namespace {

using api::testing::MakeDeployment;
using api::testing::MakePod;
using k8s::core::v1::ConfigMap;
using k8s::core::v1::Namespace;
using k8s::core::v1::Pod;
using ::testing::HasSubstr;

TEST(PlanNamespace, EmptyOneIsFinalized) {
  const Namespace name_space;
  const NamespacePlan plan = PlanNamespace({name_space, {}, {}, absl::ZeroDuration(), absl::UnixEpoch()});
  EXPECT_TRUE(plan.finalize);
  EXPECT_EQ(plan.with_conditions, nullptr);
}

TEST(PlanNamespace, SaysWhatRemains) {
  const Namespace name_space;
  NamespaceSnapshot snapshot{name_space, {}, {}, absl::ZeroDuration(), absl::UnixEpoch()};
  snapshot.remaining = {{"pods.", 2, {}}, {"deployments.apps", 1, {{"example.com/keep", 1}}}};
  const NamespacePlan plan = PlanNamespace(snapshot);
  EXPECT_FALSE(plan.finalize);
  EXPECT_THAT(plan.ToString(), HasSubstr("NamespaceContentRemaining=True SomeResourcesRemain Some resources are "
                                         "remaining: deployments.apps has 1 resource instances, pods. has 2 resource "
                                         "instances"));
  EXPECT_THAT(plan.ToString(),
              HasSubstr("NamespaceFinalizersRemaining=True SomeFinalizersRemain Some content in the "
                        "namespace has finalizers remaining: example.com/keep in 1 resource instances"));
  EXPECT_THAT(plan.ToString(), HasSubstr("NamespaceDeletionContentFailure=False ContentDeleted"));
}

TEST(PlanNamespace, WritesConditionsOnce) {
  Namespace name_space;
  NamespaceSnapshot snapshot{name_space, {{"pods.", 1, {}}}, {}, absl::ZeroDuration(), absl::UnixEpoch()};
  name_space = *PlanNamespace(snapshot).with_conditions;
  EXPECT_EQ(PlanNamespace(snapshot).with_conditions, nullptr);
}

TEST(PlanNamespace, ReportsErrors) {
  const Namespace name_space;
  NamespaceSnapshot snapshot{name_space, {}, {"secrets: no"}, absl::ZeroDuration(), absl::UnixEpoch()};
  EXPECT_THAT(PlanNamespace(snapshot).ToString(),
              HasSubstr("ContentDeletionFailed Failed to delete all resource types, 1 remaining: secrets: no"));
}

TEST(PlanNamespace, WaitsHalfTheGracePeriod) {
  const Namespace name_space;
  NamespaceSnapshot snapshot{name_space, {{"pods.", 1, {}}}, {}, absl::Seconds(30), absl::UnixEpoch()};
  EXPECT_EQ(PlanNamespace(snapshot).requeue_after, absl::Seconds(16));
}

class NamespaceLoop : public LoopFixture {
 protected:
  NamespaceLoop() {
    Add(NamespaceController(2));
    for (const char* name : {"team", "other"}) {
      Namespace name_space;
      name_space.mutable_metadata()->set_name(name);
      EXPECT_OK(client::Create(*client_, name_space));
    }
  }
  void Seed(const api::Object& object) { client_->Seed(object); }
  static ConfigMap Config(const std::string& name_space, const std::string& name) {
    ConfigMap config;
    config.mutable_metadata()->set_namespace_(name_space);
    config.mutable_metadata()->set_name(name);
    return config;
  }
  void DeleteTeam() {
    ASSERT_OK(client::Delete<Namespace>(*client_, {"", "team"}));
    Settle();
  }
};

TEST_F(NamespaceLoop, EmptiesAndRemovesIt) {
  Seed(MakePod("a").Namespace("team").Build());
  Seed(MakeDeployment("web").Namespace("team").Build());
  Seed(Config("team", "c"));
  Seed(Config("other", "c"));
  DeleteTeam();
  EXPECT_EQ(Get<Namespace>("team"), nullptr);
  EXPECT_EQ(List<ConfigMap>().size(), 1u) << "the other namespace keeps its content";
  EXPECT_TRUE(List<Pod>().empty());
}

TEST_F(NamespaceLoop, ActiveNamespacesAreLeftAlone) {
  Seed(Config("team", "c"));
  Advance(absl::Minutes(1));
  EXPECT_EQ(List<ConfigMap>().size(), 1u);
}

TEST_F(NamespaceLoop, WaitsForPodsBeforeItTakesWhatTheyUse) {
  Seed(MakePod("a").Namespace("team").Node("n1").Build());
  Seed(Config("team", "c"));
  DeleteTeam();
  EXPECT_TRUE(api::IsBeingDeleted(*Get<Pod>("a", "team")));
  EXPECT_EQ(List<ConfigMap>().size(), 1u);
  ASSERT_NE(Get<Namespace>("team"), nullptr);
  EXPECT_GT(Get<Namespace>("team")->status().conditions_size(), 0);
  client::DeleteOptions now;
  now.grace_period_seconds = 0;
  ASSERT_OK(client::Delete<Pod>(*client_, {"team", "a"}, now));
  Settle();  // no time passes: the pod's end is enough
  EXPECT_EQ(Get<Namespace>("team"), nullptr);
}

TEST_F(NamespaceLoop, WaitsForFinalizers) {
  ConfigMap held = Config("team", "c");
  held.mutable_metadata()->add_finalizers("example.com/keep");
  Seed(held);
  DeleteTeam();
  Advance(absl::Minutes(1));
  ASSERT_NE(Get<Namespace>("team"), nullptr);
  auto present = *Get<ConfigMap>("c", "team");
  present.mutable_metadata()->clear_finalizers();
  ASSERT_OK(client::Update(*client_, present));
  Advance(absl::Minutes(1));
  EXPECT_EQ(Get<Namespace>("team"), nullptr);
}

TEST_F(NamespaceLoop, ErrorsDelayButDoNotStopIt) {
  Seed(Config("team", "c"));
  client_->SetFault([](const client::FakeClient::Call& call) {
    return call.resource == "configmaps" && call.verb == "deletecollection" ? absl::UnavailableError("down")
                                                                            : absl::OkStatus();
  });
  DeleteTeam();
  EXPECT_NE(Get<Namespace>("team"), nullptr);
  client_->SetFault(nullptr);
  Advance(absl::Minutes(1));
  EXPECT_EQ(Get<Namespace>("team"), nullptr);
}

}  // namespace
}  // namespace kubelite::controllers
