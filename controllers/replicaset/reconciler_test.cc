#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/api/testing/builders.h"
#include "common/control/pods.h"
#include "controllers/replicaset/controller.h"
#include "controllers/testing/loop_fixture.h"

namespace kubelite::controllers {
namespace {

using api::testing::MakePod;
using api::testing::MakeReplicaSet;
using k8s::apps::v1::ReplicaSet;
using k8s::core::v1::Pod;
using k8s::core::v1::ReplicationController;
using ::testing::Contains;
using ::testing::Each;
using ::testing::StartsWith;

class ReplicaSetLoop : public LoopFixture {
 protected:
  ReplicaSetLoop() { Add(ReplicaSetController(4)); }
  void Create(int replicas) {
    ASSERT_OK(client::Create(*client_, MakeReplicaSet("web").Uid("").Replicas(replicas).Build()));
  }
  void Scale(int replicas) {
    Change<ReplicaSet>("web", [replicas](ReplicaSet* set) { set->mutable_spec()->set_replicas(replicas); });
  }
  int Active() {
    int active = 0;
    for (const auto& pod : List<Pod>()) active += control::IsPodActive(*pod) ? 1 : 0;
    return active;
  }
};

TEST_F(ReplicaSetLoop, CreatesPodsOnceAndReportsThem) {
  Create(10);
  Settle();
  EXPECT_EQ(Active(), 10);
  EXPECT_EQ(Calls("create", "pods"), 10);
  EXPECT_EQ(Get<ReplicaSet>("web")->status().replicas(), 10);
  EXPECT_EQ(Get<ReplicaSet>("web")->status().observedgeneration(), 1);
  EXPECT_EQ(events().size(), 10u);
  EXPECT_THAT(events(), Each(StartsWith("Normal SuccessfulCreate: Created pod: web-")));
}

TEST_F(ReplicaSetLoop, ScalesDown) {
  Create(10);
  Settle();
  Scale(4);
  Settle();
  EXPECT_EQ(Active(), 4);
  EXPECT_EQ(Calls("delete", "pods"), 6);
  EXPECT_EQ(Get<ReplicaSet>("web")->status().replicas(), 4);
}

TEST_F(ReplicaSetLoop, ReplacesPodsThatGo) {
  Create(3);
  Settle();
  ASSERT_OK(client::Delete<Pod>(*client_, api::KeyOf(*List<Pod>().front())));
  Settle();
  EXPECT_EQ(Active(), 3);
  EXPECT_EQ(Calls("create", "pods"), 4);
}

TEST_F(ReplicaSetLoop, ReplacesPodsThatFail) {
  Create(2);
  Settle();
  Change<Pod>(
      List<Pod>().front()->metadata().name(), [](Pod* pod) { pod->mutable_status()->set_phase("Failed"); }, "status");
  Settle();
  EXPECT_EQ(Active(), 2);
  EXPECT_EQ(List<Pod>().size(), 3u);
}

TEST_F(ReplicaSetLoop, SurvivesCutWatchesWithoutExtraPods) {
  Create(5);
  Settle();
  for (int i = 0; i < 20; ++i) {
    Scale(i % 2 == 0 ? 9 : 5);
    client_->CutWatches();
    if (i % 5 == 0) client_->CompactHistory();
    Advance(absl::Seconds(5));
    EXPECT_EQ(Active(), i % 2 == 0 ? 9 : 5);
  }
  EXPECT_EQ(Calls("create", "pods"), 5 + 10 * 4);
}

TEST_F(ReplicaSetLoop, RestartChangesNothing) {
  Create(5);
  Settle();
  Restart({ReplicaSetController(4)});
  Settle();
  EXPECT_EQ(Calls("create", "pods"), 5);
  EXPECT_EQ(Calls("delete", "pods"), 0);
}

TEST_F(ReplicaSetLoop, FailedCreationsAreReportedAndRetried) {
  client_->SetFault([](const client::FakeClient::Call& call) {
    const bool fail = call.verb == "create" && call.resource == "pods";
    return fail ? api::Forbidden(api::ResourceOf<Pod>(), "", "exceeded quota") : absl::OkStatus();
  });
  Create(100);
  Advance(absl::Milliseconds(4));
  // One try, and one more because the status changed: not a hundred.
  EXPECT_LE(Calls("create", "pods"), 2) << "slow start";
  const auto set = Get<ReplicaSet>("web");
  ASSERT_EQ(set->status().conditions_size(), 1);
  EXPECT_EQ(set->status().conditions(0).reason(), "FailedCreate");
  EXPECT_THAT(events(), Contains(StartsWith("Warning FailedCreate: Error creating: ")));

  client_->SetFault(nullptr);
  Advance(absl::Minutes(1));
  EXPECT_EQ(Active(), 100);
  EXPECT_EQ(Get<ReplicaSet>("web")->status().conditions_size(), 0);
}

TEST_F(ReplicaSetLoop, PodNeverSeenIsReplacedInTheEnd) {
  Create(1);
  // Created and deleted while the connection is down: the watch tells of neither.
  client_->SetFault([this](const client::FakeClient::Call& call) {
    if (call.verb == "create" && call.resource == "pods") client_->CutWatches();
    return absl::OkStatus();
  });
  while (List<Pod>().empty()) Advance(absl::Milliseconds(1));
  client_->SetFault(nullptr);
  ASSERT_OK(client::Delete<Pod>(*client_, api::KeyOf(*List<Pod>().front())));
  client_->CompactHistory();
  Advance(absl::Minutes(6));
  EXPECT_EQ(Active(), 1);
}

TEST_F(ReplicaSetLoop, TerminatingNamespaceIsSilent) {
  client_->SetFault([](const client::FakeClient::Call& call) {
    if (call.verb != "create" || call.resource != "pods") return absl::OkStatus();
    return api::WithCause(api::Forbidden(api::ResourceOf<Pod>(), "", "namespace is being terminated"),
                          "NamespaceTerminating", "metadata.namespace", "namespace default is being terminated");
  });
  Create(3);
  Advance(absl::Minutes(1));
  EXPECT_TRUE(events().empty());
  EXPECT_LE(Calls("create", "pods"), 2);
}

TEST_F(ReplicaSetLoop, AdoptsMatchingOrphans) {
  client_->Seed(MakePod("orphan").Label("app", "web").Build());
  Create(2);
  Settle();
  EXPECT_EQ(Active(), 2);
  EXPECT_NE(api::ControllerOf(*Get<Pod>("orphan")), nullptr);
}

TEST_F(ReplicaSetLoop, LateOrphanIsAdoptedAndTheSurplusRemoved) {
  Create(2);
  Settle();
  client_->Seed(MakePod("orphan").Label("app", "web").Build());
  Settle();
  EXPECT_EQ(Active(), 2);
}

TEST_F(ReplicaSetLoop, ReleasesPodsWhoseLabelsChange) {
  Create(2);
  Settle();
  const std::string name = List<Pod>().front()->metadata().name();
  Change<Pod>(name, [](Pod* pod) { (*pod->mutable_metadata()->mutable_labels())["app"] = "debug"; });
  Settle();
  EXPECT_EQ(api::ControllerOf(*Get<Pod>(name)), nullptr);
  EXPECT_EQ(Active(), 3);
}

TEST_F(ReplicaSetLoop, PodsBecomeAvailableInTime) {
  ReplicaSet set = MakeReplicaSet("web").Uid("").Replicas(1).Build();
  set.mutable_spec()->set_minreadyseconds(10);
  ASSERT_OK(client::Create(*client_, set));
  Settle();
  Change<Pod>(
      List<Pod>().front()->metadata().name(),
      [this](Pod* pod) { control::SetPodCondition(pod->mutable_status(), "Ready", "True", "", "", Now()); }, "status");
  Settle();
  EXPECT_EQ(Get<ReplicaSet>("web")->status().readyreplicas(), 1);
  EXPECT_EQ(Get<ReplicaSet>("web")->status().availablereplicas(), 0);
  Advance(absl::Seconds(11));
  EXPECT_EQ(Get<ReplicaSet>("web")->status().availablereplicas(), 1);
}

class ReplicationControllerLoop : public LoopFixture {};

TEST_F(ReplicationControllerLoop, IsServedByTheSameCode) {
  Add(ReplicationControllerController(2));
  ReplicationController controller;
  controller.mutable_metadata()->set_namespace_("default");
  controller.mutable_metadata()->set_name("web");
  controller.mutable_spec()->set_replicas(3);
  (*controller.mutable_spec()->mutable_selector())["app"] = "web";
  (*controller.mutable_spec()->mutable_template_()->mutable_metadata()->mutable_labels())["app"] = "web";
  controller.mutable_spec()->mutable_template_()->mutable_spec()->add_containers()->set_name("main");
  ASSERT_OK(client::Create(*client_, controller));
  Settle();
  ASSERT_EQ(List<Pod>().size(), 3u);
  EXPECT_EQ(api::ControllerOf(*List<Pod>().front())->kind(), "ReplicationController");
  EXPECT_EQ(Get<ReplicationController>("web")->status().replicas(), 3);
}

}  // namespace
}  // namespace kubelite::controllers
