#include "controllers/deployment/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "absl/strings/str_cat.h"
#include "common/api/testing/builders.h"
#include "common/api/time.h"
#include "common/base/random.h"
#include "controllers/deployment/conditions.h"
#include "controllers/deployment/revision.h"
#include "controllers/deployment/template.h"

namespace kubelite::controllers {
namespace {

using api::testing::MakeDeployment;
using k8s::apps::v1::Deployment;
using k8s::apps::v1::DeploymentCondition;
using k8s::apps::v1::ReplicaSet;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::Time kStart = absl::UnixEpoch() + absl::Hours(24 * 365 * 50);

// Pods of one ReplicaSet as far as deployments care.
struct Pods {
  int waiting = 0;
  int ready = 0;
  int total() const { return waiting + ready; }
};

// A cluster in which a deployment's plans are carried out: ReplicaSets make pods, pods become ready, statuses follow.
// Each of these happens only when a test says so, so caches may lag as much as it likes.
class World {
 public:
  explicit World(Deployment deployment) : deployment_(std::move(deployment)) {
    deployment_.mutable_metadata()->set_generation(1);
    deployment_.mutable_spec()->set_progressdeadlineseconds(600);
  }

  Deployment& deployment() { return deployment_; }
  void Edit(const std::function<void(Deployment*)>& edit) {
    edit(&deployment_);
    deployment_.mutable_metadata()->set_generation(deployment_.metadata().generation() + 1);
  }
  void SetImage(const std::string& image) {
    Edit([&image](Deployment* d) {
      d->mutable_spec()->mutable_template_()->mutable_spec()->mutable_containers(0)->set_image(image);
    });
  }
  void SetReplicas(int replicas) {
    Edit([replicas](Deployment* d) { d->mutable_spec()->set_replicas(replicas); });
  }

  DeploymentPlan Plan() const {
    DeploymentSnapshot snapshot{deployment_, {}, {}, now_};
    for (const auto& [name, set] : sets_) {
      snapshot.replica_sets.push_back(std::make_shared<ReplicaSet>(set));
      if (pods_.at(name).total() > 0) snapshot.with_pods.insert(set.metadata().uid());
    }
    return PlanDeployment(snapshot);
  }

  // Returns whether there was anything to do.
  bool Step() {
    DeploymentPlan plan = Plan();
    if (plan.create != nullptr) {
      ReplicaSet set = *plan.create;
      set.mutable_metadata()->set_uid("uid-" + set.metadata().name());
      set.mutable_metadata()->set_generation(1);
      *set.mutable_metadata()->mutable_creationtimestamp() = api::MakeTime(now_);
      pods_[set.metadata().name()];
      sets_[set.metadata().name()] = std::move(set);
    }
    for (const auto& set : plan.update) {
      ReplicaSet& present = sets_.at(set->metadata().name());
      const bool spec_changed = present.spec().SerializeAsString() != set->spec().SerializeAsString();
      present = *set;
      if (spec_changed) present.mutable_metadata()->set_generation(present.metadata().generation() + 1);
    }
    for (const auto& set : plan.remove) {
      sets_.erase(set->metadata().name());
      pods_.erase(set->metadata().name());
    }
    for (const PlannedEvent& event : plan.events) events_.push_back(event.message);
    if (plan.status_changed) deployment_ = *plan.deployment;
    return plan.create != nullptr || !plan.update.empty() || !plan.remove.empty() || plan.status_changed;
  }

  // The ReplicaSet controller makes and deletes pods; those that are not ready go first.
  bool SyncPods(const std::string& name) {
    Pods& pods = pods_.at(name);
    const int surplus = pods.total() - sets_.at(name).spec().replicas();
    if (surplus < 0) {
      pods.waiting -= surplus;
    } else {
      const int waiting = std::min(surplus, pods.waiting);
      pods.waiting -= waiting;
      pods.ready -= surplus - waiting;
    }
    return surplus != 0;
  }

  bool SyncStatus(const std::string& name) {
    ReplicaSet& set = sets_.at(name);
    const std::string before = set.status().SerializeAsString();
    set.mutable_status()->set_replicas(pods_.at(name).total());
    set.mutable_status()->set_readyreplicas(pods_.at(name).ready);
    set.mutable_status()->set_availablereplicas(pods_.at(name).ready);
    set.mutable_status()->set_observedgeneration(set.metadata().generation());
    return set.status().SerializeAsString() != before;
  }

  // One more pod of a ReplicaSet becomes ready, unless its image is broken.
  bool Start(const std::string& name) {
    const bool broken = sets_.at(name).spec().template_().spec().containers(0).image() == "broken";
    if (broken || pods_.at(name).waiting == 0) return false;
    --pods_[name].waiting;
    ++pods_[name].ready;
    return true;
  }

  void Pass(absl::Duration time) { now_ += time; }

  // Lets everything happen until nothing does. Returns false when it never ends.
  bool Settle() {
    for (int round = 0; round < 1000; ++round) {
      bool busy = Step();
      for (const std::string& name : names()) {
        busy |= SyncPods(name);
        while (Start(name)) busy = true;
        busy |= SyncStatus(name);
      }
      if (!busy) return true;
      Pass(absl::Seconds(1));
    }
    return false;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& [name, set] : sets_) names.push_back(name);
    return names;
  }
  int ready() const {
    int ready = 0;
    for (const auto& [name, pods] : pods_) ready += pods.ready;
    return ready;
  }
  int wanted() const {
    int wanted = 0;
    for (const auto& [name, set] : sets_) wanted += set.spec().replicas();
    return wanted;
  }
  const ReplicaSet* Current() const {
    for (const auto& [name, set] : sets_) {
      if (CanonicalTemplate(set.spec().template_()) == CanonicalTemplate(deployment_.spec().template_())) return &set;
    }
    return nullptr;
  }
  // Image -> wanted replicas of the ReplicaSets that have any.
  std::map<std::string, int> Active() const {
    std::map<std::string, int> active;
    for (const auto& [name, set] : sets_) {
      if (set.spec().replicas() > 0) {
        active[set.spec().template_().spec().containers(0).image()] += set.spec().replicas();
      }
    }
    return active;
  }
  std::string Condition(const std::string& type) const {
    const DeploymentCondition* condition = FindCondition(deployment_.status(), type);
    return condition == nullptr ? "none" : absl::StrCat(condition->status(), " ", condition->reason());
  }
  const std::vector<std::string>& events() const { return events_; }
  size_t sets() const { return sets_.size(); }

 private:
  Deployment deployment_;
  std::map<std::string, ReplicaSet> sets_;
  std::map<std::string, Pods> pods_;
  std::vector<std::string> events_;
  absl::Time now_ = kStart;
};

DeploymentCondition ConditionOf(const Deployment& deployment, const std::string& type) {
  const DeploymentCondition* condition = FindCondition(deployment.status(), type);
  return condition == nullptr ? DeploymentCondition() : *condition;
}

TEST(PlanDeployment, FirstReplicaSetHasNameLabelsAndAnnotations) {
  World world(MakeDeployment("web").Replicas(3).RollingUpdate("25%", "25%").Image("hello:1").Build());
  const DeploymentPlan plan = world.Plan();
  ASSERT_NE(plan.create, nullptr);
  const ReplicaSet& set = *plan.create;
  const std::string hash = api::GetLabel(set, kPodTemplateHash);
  EXPECT_EQ(set.metadata().name(), "web-" + hash);
  EXPECT_EQ(set.spec().replicas(), 3);
  EXPECT_EQ(set.spec().selector().matchlabels().at(kPodTemplateHash), hash);
  EXPECT_EQ(set.spec().template_().metadata().labels().at(kPodTemplateHash), hash);
  EXPECT_EQ(api::GetAnnotation(set, kRevision), "1");
  EXPECT_EQ(api::GetAnnotation(set, kDesiredReplicas), "3");
  EXPECT_EQ(api::GetAnnotation(set, kMaxReplicas), "4");
  EXPECT_TRUE(api::IsControlledBy(set, world.deployment()));
  EXPECT_EQ(api::GetAnnotation(*plan.deployment, kRevision), "1");
  ASSERT_EQ(plan.events.size(), 1u);
  EXPECT_EQ(plan.events[0].message, absl::StrCat("Scaled up replica set ", set.metadata().name(), " from 0 to 3"));
  EXPECT_EQ(ConditionOf(*plan.deployment, kProgressing).message(),
            absl::StrCat("Created new replica set \"", set.metadata().name(), "\""));
}

TEST(PlanDeployment, SettlesAndReportsSuccess) {
  World world(MakeDeployment("web").Replicas(3).Image("hello:1").Build());
  ASSERT_TRUE(world.Settle());
  EXPECT_EQ(world.Condition(kAvailable), "True MinimumReplicasAvailable");
  EXPECT_EQ(world.Condition(kProgressing), "True NewReplicaSetAvailable");
  EXPECT_EQ(world.deployment().status().availablereplicas(), 3);
  EXPECT_EQ(world.deployment().status().observedgeneration(), world.deployment().metadata().generation());
  EXPECT_EQ(world.Plan().requeue_after, absl::ZeroDuration());
}

TEST(PlanDeployment, RollsAndRaisesTheRevision) {
  World world(MakeDeployment("web").Replicas(4).Image("hello:1").Build());
  ASSERT_TRUE(world.Settle());
  world.SetImage("hello:2");
  ASSERT_TRUE(world.Settle());
  EXPECT_EQ(world.Active(), (std::map<std::string, int>{{"hello:2", 4}}));
  EXPECT_EQ(api::GetAnnotation(world.deployment(), kRevision), "2");
}

TEST(PlanDeployment, RollingBackReusesTheOldReplicaSet) {
  World world(MakeDeployment("web").Replicas(2).Image("hello:1").Build());
  ASSERT_TRUE(world.Settle());
  world.SetImage("hello:2");
  ASSERT_TRUE(world.Settle());
  world.SetImage("hello:1");
  ASSERT_TRUE(world.Settle());
  EXPECT_EQ(world.sets(), 2u);
  EXPECT_EQ(world.Active(), (std::map<std::string, int>{{"hello:1", 2}}));
  EXPECT_EQ(RevisionOf(*world.Current()), 3);
  EXPECT_EQ(api::GetAnnotation(*world.Current(), kRevisionHistory), "1");
  EXPECT_EQ(api::GetAnnotation(world.deployment(), kRevision), "3");
}

TEST(PlanDeployment, BrokenImageStopsTheRolloutAndKeepsServing) {
  World world(MakeDeployment("web").Replicas(4).RollingUpdate("1", "1").Image("hello:1").Build());
  ASSERT_TRUE(world.Settle());
  world.SetImage("broken");
  ASSERT_TRUE(world.Settle());
  EXPECT_GE(world.ready(), 3);
  EXPECT_EQ(world.Active(), (std::map<std::string, int>{{"broken", 2}, {"hello:1", 3}}));
  const DeploymentPlan waiting = world.Plan();
  EXPECT_GT(waiting.requeue_after, absl::Seconds(500));

  world.Pass(absl::Seconds(700));
  ASSERT_TRUE(world.Settle());
  EXPECT_EQ(world.Condition(kProgressing), "False ProgressDeadlineExceeded");
  EXPECT_THAT(ConditionOf(world.deployment(), kProgressing).message(),
              ::testing::HasSubstr("has timed out progressing."));
  EXPECT_EQ(world.Plan().requeue_after, absl::ZeroDuration());

  world.SetImage("hello:3");
  ASSERT_TRUE(world.Settle());
  EXPECT_EQ(world.Active(), (std::map<std::string, int>{{"hello:3", 4}}));
  EXPECT_EQ(world.Condition(kProgressing), "True NewReplicaSetAvailable");
}

TEST(PlanDeployment, RecreateWaitsForTheLastOldPod) {
  World world(MakeDeployment("web").Replicas(2).Recreate().Image("hello:1").Build());
  ASSERT_TRUE(world.Settle());
  const std::string old_name = world.names().front();
  world.SetImage("hello:2");
  ASSERT_TRUE(world.Step());
  EXPECT_THAT(world.Active(), IsEmpty());
  world.SyncStatus(old_name);
  EXPECT_EQ(world.Plan().create, nullptr) << "old pods still run";
  ASSERT_TRUE(world.Settle());
  EXPECT_EQ(world.Active(), (std::map<std::string, int>{{"hello:2", 2}}));
}

TEST(PlanDeployment, PausedOnlyScales) {
  World world(MakeDeployment("web").Replicas(2).Image("hello:1").Build());
  ASSERT_TRUE(world.Settle());
  world.Edit([](Deployment* d) { d->mutable_spec()->set_paused(true); });
  world.SetImage("hello:2");
  world.SetReplicas(5);
  ASSERT_TRUE(world.Settle());
  EXPECT_EQ(world.Active(), (std::map<std::string, int>{{"hello:1", 5}}));
  EXPECT_EQ(world.Condition(kProgressing), "Unknown DeploymentPaused");
  world.Edit([](Deployment* d) { d->mutable_spec()->set_paused(false); });
  ASSERT_TRUE(world.Settle());
  EXPECT_EQ(world.Active(), (std::map<std::string, int>{{"hello:2", 5}}));
}

TEST(PlanDeployment, HistoryIsTrimmed) {
  World world(MakeDeployment("web").Replicas(1).Image("hello:0").Build());
  world.deployment().mutable_spec()->set_revisionhistorylimit(2);
  for (int i = 1; i < 6; ++i) {
    world.SetImage(absl::StrCat("hello:", i));
    ASSERT_TRUE(world.Settle());
  }
  EXPECT_EQ(world.sets(), 3u);
}

TEST(PlanDeployment, ScalingIsRecordedAsEvent) {
  World world(MakeDeployment("web").Replicas(3).Image("hello:1").Build());
  ASSERT_TRUE(world.Settle());
  world.SetReplicas(5);
  ASSERT_TRUE(world.Settle());
  const std::string name = world.names().front();
  EXPECT_THAT(world.events(), ElementsAre(absl::StrCat("Scaled up replica set ", name, " from 0 to 3"),
                                          absl::StrCat("Scaled up replica set ", name, " from 3 to 5")));
}

TEST(PlanDeployment, EmptySelectorIsRefused) {
  World world(MakeDeployment("web").Replicas(3).Build());
  world.deployment().mutable_spec()->mutable_selector()->Clear();
  const DeploymentPlan plan = world.Plan();
  EXPECT_EQ(plan.create, nullptr);
  ASSERT_EQ(plan.events.size(), 1u);
  EXPECT_EQ(plan.events[0].reason, "SelectingAll");
}

TEST(PlanDeployment, DeletedOneOnlyReportsStatus) {
  World world(MakeDeployment("web").Replicas(3).Deleting(kStart).Build());
  EXPECT_EQ(world.Plan().create, nullptr);
}

TEST(PlanDeployment, CollisionCountChangesTheName) {
  World world(MakeDeployment("web").Replicas(3).Build());
  const std::string name = world.Plan().create->metadata().name();
  world.deployment().mutable_status()->set_collisioncount(1);
  EXPECT_NE(world.Plan().create->metadata().name(), name);
}

TEST(PlanDeployment, ReplicaFailureIsCopied) {
  World world(MakeDeployment("web").Replicas(1).Build());
  DeploymentPlan plan = world.Plan();
  ReplicaSet set = *plan.create;
  auto* failure = set.mutable_status()->add_conditions();
  failure->set_type("ReplicaFailure");
  failure->set_status("True");
  failure->set_reason("FailedCreate");
  DeploymentSnapshot snapshot{world.deployment(), {std::make_shared<ReplicaSet>(set)}, {}, kStart};
  const DeploymentPlan next = PlanDeployment(snapshot);
  EXPECT_EQ(ConditionOf(*next.deployment, kReplicaFailure).reason(), "FailedCreate");
}

// Any interleaving of planning, pods and lagging statuses, with template changes on the way: never more pods than
// allowed, never fewer available ones, and in the end all are of the last template.
TEST(PlanDeployment, RandomRolloutsKeepTheBounds) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    base::Random random(seed);
    const int replicas = 1 + static_cast<int>(random.Uniform(8));
    World world(MakeDeployment("web")
                    .Replicas(replicas)
                    .RollingUpdate(absl::StrCat(random.Uniform(4)), absl::StrCat(random.Uniform(4)))
                    .Image("hello:0")
                    .Build());
    const RolloutBounds bounds = BoundsOf(world.deployment().spec());
    ASSERT_TRUE(world.Settle()) << "seed " << seed;
    for (int i = 0; i < 200; ++i) {
      const std::vector<std::string> names = world.names();
      const std::string& name = names[random.Uniform(names.size())];
      switch (random.Uniform(5)) {
        case 0:
          if (random.Uniform(8) == 0) world.SetImage(absl::StrCat("hello:", random.Uniform(4)));
          break;
        case 1:
          world.SyncPods(name);
          break;
        case 2:
          world.SyncStatus(name);
          break;
        case 3:
          world.Start(name);
          break;
        default:
          world.Step();
      }
      world.Pass(absl::Seconds(1));
      ASSERT_LE(world.wanted(), bounds.max_replicas) << "seed " << seed << " step " << i;
      ASSERT_GE(world.ready(), bounds.min_available) << "seed " << seed << " step " << i;
    }
    ASSERT_TRUE(world.Settle()) << "seed " << seed;
    const std::string& image = world.deployment().spec().template_().spec().containers(0).image();
    EXPECT_EQ(world.Active(), (std::map<std::string, int>{{image, replicas}})) << "seed " << seed;
    EXPECT_EQ(world.ready(), replicas) << "seed " << seed;
  }
}

TEST(PlanDeployment, RandomScalingConverges) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    base::Random random(seed);
    World world(MakeDeployment("web").Replicas(3).RollingUpdate("25%", "25%").Image("hello:0").Build());
    for (int i = 0; i < 100; ++i) {
      const std::vector<std::string> names = world.names();
      if (random.Uniform(10) == 0) world.SetReplicas(static_cast<int>(random.Uniform(12)));
      if (random.Uniform(10) == 0) world.SetImage(absl::StrCat("hello:", random.Uniform(4)));
      if (!names.empty()) {
        const std::string& name = names[random.Uniform(names.size())];
        if (random.Uniform(2) == 0) world.SyncPods(name);
        if (random.Uniform(2) == 0) world.SyncStatus(name);
        if (random.Uniform(2) == 0) world.Start(name);
      }
      world.Step();
      world.Pass(absl::Seconds(1));
    }
    ASSERT_TRUE(world.Settle()) << "seed " << seed;
    EXPECT_EQ(world.ready(), world.deployment().spec().replicas()) << "seed " << seed;
    EXPECT_EQ(world.Current()->spec().replicas(), world.deployment().spec().replicas()) << "seed " << seed;
    EXPECT_EQ(world.wanted(), world.deployment().spec().replicas()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace kubelite::controllers
