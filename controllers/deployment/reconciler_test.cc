#include <gmock/gmock.h>

#include <map>

#include "common/api/errors.h"
#include "common/api/testing/builders.h"
#include "common/control/pods.h"
#include "controllers/deployment/conditions.h"
#include "controllers/deployment/controller.h"
#include "controllers/deployment/revision.h"
#include "controllers/replicaset/controller.h"
#include "controllers/testing/loop_fixture.h"

namespace kubelite::controllers {
namespace {

using api::testing::MakeDeployment;
using k8s::apps::v1::Deployment;
using k8s::apps::v1::ReplicaSet;
using k8s::core::v1::Pod;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class DeploymentLoop : public LoopFixture {
 protected:
  static std::vector<control::ControllerDef> Defs() { return {DeploymentController(4), ReplicaSetController(4)}; }
  DeploymentLoop() { Restart(Defs()); }

  void Create(int replicas) {
    Deployment deployment =
        MakeDeployment("web").Uid("").Replicas(replicas).RollingUpdate("1", "0").Image("hello:1").Build();
    deployment.mutable_spec()->set_progressdeadlineseconds(600);
    ASSERT_OK(client::Create(*client_, deployment));
  }
  void SetImage(const std::string& image) {
    Change<Deployment>("web", [&image](Deployment* deployment) {
      deployment->mutable_spec()->mutable_template_()->mutable_spec()->mutable_containers(0)->set_image(image);
    });
  }
  // Runs everything, making pods of good images ready, until nothing changes. Checks that enough pods stay ready.
  void SettleWithPods(int min_ready = 0) {
    for (int round = 0; round < 200; ++round) {
      Settle();
      EXPECT_GE(Ready(), min_ready);
      bool changed = false;
      for (const auto& pod : List<Pod>()) {
        if (pod->spec().containers(0).image() == "broken" || control::IsPodReady(*pod)) continue;
        Pod ready = *pod;
        control::SetPodCondition(ready.mutable_status(), "Ready", "True", "", "", Now());
        ready.mutable_status()->set_phase("Running");
        ASSERT_OK(client::Update(*client_, ready, "status"));
        changed = true;
        break;  // one at a time
      }
      if (!changed) return;
    }
    FAIL() << "never settles";
  }
  int Ready() {
    int ready = 0;
    for (const auto& pod : List<Pod>()) ready += control::IsPodReady(*pod) ? 1 : 0;
    return ready;
  }
  std::map<std::string, int> Images() {
    std::map<std::string, int> images;
    for (const auto& pod : List<Pod>()) ++images[pod->spec().containers(0).image()];
    return images;
  }
};

TEST_F(DeploymentLoop, RunsWithFewWrites) {
  Create(3);
  Settle();
  EXPECT_EQ(List<Pod>().size(), 3u);
  EXPECT_EQ(Calls("create", "replicasets"), 1);
  EXPECT_LE(Calls("update", "deployments"), 3);
  EXPECT_LE(Calls("update", "replicasets"), 2);
  SettleWithPods();
  const auto deployment = Get<Deployment>("web");
  EXPECT_EQ(deployment->status().availablereplicas(), 3);
  EXPECT_EQ(FindCondition(deployment->status(), kProgressing)->reason(), kNewReplicaSetAvailable);
  EXPECT_EQ(api::GetAnnotation(*deployment, kRevision), "1");
}

TEST_F(DeploymentLoop, RollsWithoutLosingAvailability) {
  Create(4);
  SettleWithPods();
  SetImage("hello:2");
  SettleWithPods(4);
  EXPECT_EQ(Images(), (std::map<std::string, int>{{"hello:2", 4}}));
  EXPECT_EQ(api::GetAnnotation(*Get<Deployment>("web"), kRevision), "2");
}

TEST_F(DeploymentLoop, BrokenImageKeepsTheOldPods) {
  Create(3);
  SettleWithPods();
  SetImage("broken");
  SettleWithPods(3);
  EXPECT_EQ(Images(), (std::map<std::string, int>{{"broken", 1}, {"hello:1", 3}}));
  Advance(absl::Seconds(700));
  EXPECT_EQ(FindCondition(Get<Deployment>("web")->status(), kProgressing)->reason(), kTimedOut);
  SetImage("hello:1");
  SettleWithPods(3);
  EXPECT_EQ(Images(), (std::map<std::string, int>{{"hello:1", 3}}));
}

TEST_F(DeploymentLoop, SurvivesRestartsAndCutWatchesDuringARollout) {
  Create(4);
  SettleWithPods();
  for (int i = 2; i < 8; ++i) {
    SetImage("hello:" + std::to_string(i));
    Settle();
    if (i % 2 == 0) {
      Restart(Defs());
    } else {
      client_->CutWatches();
      client_->CompactHistory();
      Advance(absl::Seconds(5));
    }
    SettleWithPods(4);
    EXPECT_EQ(Images(), (std::map<std::string, int>{{"hello:" + std::to_string(i), 4}}));
  }
}

TEST_F(DeploymentLoop, TakenNameCountsAsCollision) {
  Create(1);
  // What another owner has under the name that the first try will want.
  Settle();
  const std::string name = List<ReplicaSet>().front()->metadata().name();
  ASSERT_OK(client::Delete<Deployment>(*client_, {"default", "web"}));
  Change<ReplicaSet>(name, [](ReplicaSet* set) {
    set->mutable_metadata()->clear_ownerreferences();
    (*set->mutable_metadata()->mutable_labels())["app"] = "other";
  });
  Settle();
  Create(1);
  Settle();
  EXPECT_EQ(Get<Deployment>("web")->status().collisioncount(), 1);
  EXPECT_EQ(List<ReplicaSet>().size(), 2u);
}

TEST_F(DeploymentLoop, CreateErrorIsReported) {
  client_->SetFault([](const client::FakeClient::Call& call) {
    const bool fail = call.verb == "create" && call.resource == "replicasets";
    return fail ? api::Forbidden(api::ResourceOf<ReplicaSet>(), "x", "exceeded quota") : absl::OkStatus();
  });
  Create(1);
  Advance(absl::Milliseconds(50));
  const auto* condition = FindCondition(Get<Deployment>("web")->status(), kProgressing);
  ASSERT_NE(condition, nullptr);
  EXPECT_EQ(condition->reason(), kReplicaSetCreateError);
  EXPECT_THAT(condition->message(), HasSubstr("exceeded quota"));
  EXPECT_THAT(events(), Contains(StartsWith("Warning ReplicaSetCreateError: Failed to create new replica set \"web-")));
  client_->SetFault(nullptr);
  Advance(absl::Minutes(1));
  EXPECT_EQ(List<Pod>().size(), 1u);
}

TEST_F(DeploymentLoop, AdoptsAnOrphanedReplicaSet) {
  Create(2);
  SettleWithPods();
  const std::string name = List<ReplicaSet>().front()->metadata().name();
  Change<ReplicaSet>(name, [](ReplicaSet* set) { set->mutable_metadata()->clear_ownerreferences(); });
  Settle();
  EXPECT_TRUE(api::IsControlledBy(*Get<ReplicaSet>(name), *Get<Deployment>("web")));
  EXPECT_EQ(List<ReplicaSet>().size(), 1u);
}

TEST_F(DeploymentLoop, RecreateStopsAllBeforeItStartsAny) {
  Create(2);
  Change<Deployment>("web", [](Deployment* d) { d->mutable_spec()->mutable_strategy()->set_type("Recreate"); });
  SettleWithPods();
  // Terminating pods stay until their kubelet says so.
  for (const auto& pod : List<Pod>()) {
    Change<Pod>(pod->metadata().name(), [](Pod* p) { p->mutable_spec()->set_nodename("n1"); });
  }
  SetImage("hello:2");
  Settle();
  EXPECT_EQ(Images(), (std::map<std::string, int>{{"hello:1", 2}}));
  for (const auto& pod : List<Pod>()) {
    client::DeleteOptions now;
    now.grace_period_seconds = 0;
    ASSERT_OK(client::Delete<Pod>(*client_, api::KeyOf(*pod), now));
  }
  SettleWithPods();
  EXPECT_EQ(Images(), (std::map<std::string, int>{{"hello:2", 2}}));
}

}  // namespace
}  // namespace kubelite::controllers
