#include "controllers/deployment/rollout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/api/testing/builders.h"
#include "controllers/deployment/revision.h"

namespace kubelite::controllers {
namespace {

using api::testing::MakeDeployment;
using api::testing::MakeReplicaSet;
using ::testing::ElementsAre;

struct SetSpec {
  int replicas = 0;
  int available = 0;
  int max_annotation = 0;  // 0: none
  bool stale = false;      // the status is older than the spec
};

// A rollout over ReplicaSets given oldest first; the last one is the current.
class Fixture {
 public:
  Fixture(int replicas, const std::string& surge, const std::string& unavailable, const std::vector<SetSpec>& sets) {
    rollout.bounds =
        BoundsOf(MakeDeployment("web").Replicas(replicas).RollingUpdate(surge, unavailable).Build().spec());
    planned_.reserve(sets.size());
    for (size_t i = 0; i < sets.size(); ++i) {
      const SetSpec& spec = sets[i];
      auto builder = MakeReplicaSet("set-" + std::to_string(i))
                         .Replicas(spec.replicas)
                         .Status(spec.replicas, spec.available, spec.available)
                         .Created(absl::UnixEpoch() + absl::Seconds(i));
      if (spec.stale) builder.Generation(2);
      if (spec.max_annotation > 0) builder.Annotation(kMaxReplicas, std::to_string(spec.max_annotation));
      auto set = builder.BuildPtr();
      planned_.push_back({set, std::make_shared<k8s::apps::v1::ReplicaSet>(*set), false});
      (i + 1 == sets.size() ? rollout.current : rollout.old.emplace_back()) = &planned_.back();
    }
  }
  std::vector<int> sizes() const {
    std::vector<int> sizes;
    for (const PlannedReplicaSet& set : planned_) sizes.push_back(set.replicas());
    return sizes;
  }
  Rollout rollout;

 private:
  std::vector<PlannedReplicaSet> planned_;
};

TEST(Bounds, SurgeIsRoundedUpAndUnavailableDown) {
  const RolloutBounds bounds = BoundsOf(MakeDeployment("web").Replicas(10).RollingUpdate("25%", "25%").Build().spec());
  EXPECT_EQ(bounds.max_replicas, 13);
  EXPECT_EQ(bounds.min_available, 8);
}

TEST(Bounds, NeitherSurgeNorUnavailableWouldStandStill) {
  const RolloutBounds bounds = BoundsOf(MakeDeployment("web").Replicas(3).RollingUpdate("0", "0").Build().spec());
  EXPECT_EQ(bounds.max_replicas, 3);
  EXPECT_EQ(bounds.min_available, 2);
}

TEST(Bounds, UnavailableIsCappedAtReplicas) {
  const RolloutBounds bounds = BoundsOf(MakeDeployment("web").Replicas(2).RollingUpdate("1", "5").Build().spec());
  EXPECT_EQ(bounds.min_available, 0);
}

TEST(Bounds, DefaultIsAQuarterEach) {
  k8s::apps::v1::DeploymentSpec spec;
  spec.set_replicas(4);
  EXPECT_EQ(BoundsOf(spec).max_replicas, 5);
  EXPECT_EQ(BoundsOf(spec).min_available, 3);
}

TEST(Bounds, RecreateHasNoSurge) {
  const RolloutBounds bounds = BoundsOf(MakeDeployment("web").Replicas(4).Recreate().Build().spec());
  EXPECT_EQ(bounds.max_replicas, 4);
  EXPECT_TRUE(bounds.recreate);
}

struct RollCase {
  std::string name;
  int replicas;
  std::string surge, unavailable;
  std::vector<SetSpec> before;
  std::vector<int> after_current, after_old;
};

TEST(Roll, Steps) {
  const std::vector<RollCase> cases = {
      {"new grows up to the surge", 4, "1", "1", {{4, 4}, {0, 0}}, {4, 1}, {3, 0}},
      {"new is full", 4, "1", "1", {{4, 4}, {4, 0}}, {4, 4}, {3, 4}},
      {"new shrinks to what is wanted", 3, "1", "1", {{0, 0}, {5, 5}}, {0, 3}, {0, 5}},
      {"no room to grow", 4, "0", "1", {{4, 4}, {0, 0}}, {4, 0}, {3, 0}},
      {"unhealthy old ones go first", 4, "1", "1", {{4, 2}, {1, 0}}, {4, 1}, {3, 1}},
      {"oldest go first", 4, "0", "2", {{2, 2}, {2, 2}, {0, 0}}, {2, 2, 0}, {0, 2, 0}},
      {"broken new ones hold the old ones", 4, "1", "1", {{3, 3}, {2, 0}}, {3, 2}, {3, 2}},
      {"available new ones free old ones", 4, "1", "1", {{3, 3}, {2, 2}}, {3, 2}, {1, 2}},
      {"stale status of an old one is not counted twice", 4, "1", "1", {{3, 4}, {2, 1}}, {3, 2}, {2, 2}},
      {"a status from before the last change counts for nothing",
       4,
       "1",
       "1",
       {{3, 3, 0, true}, {2, 2}},
       {3, 2},
       {3, 2}},
      {"zero replicas empties all", 0, "1", "1", {{3, 3}, {2, 2}}, {3, 0}, {0, 2}},
  };
  for (const RollCase& test : cases) {
    Fixture current(test.replicas, test.surge, test.unavailable, test.before);
    RollCurrent(&current.rollout);
    EXPECT_EQ(current.sizes(), test.after_current) << test.name;
    Fixture old(test.replicas, test.surge, test.unavailable, test.before);
    RollOld(&old.rollout);
    EXPECT_EQ(old.sizes(), test.after_old) << test.name;
  }
}

struct ScaleCase {
  std::string name;
  int replicas;
  std::string surge;
  std::vector<SetSpec> before;
  std::vector<int> after;
};

TEST(ScaleProportionally, SpreadsAsBefore) {
  const std::vector<ScaleCase> cases = {
      {"a single active set gets all", 5, "0", {{0, 0}, {3, 3}}, {0, 5}},
      {"growing keeps the parts", 20, "0", {{5, 5, 10}, {5, 5, 10}}, {10, 10}},
      {"growing gives the rest to the larger", 6, "0", {{2, 2, 3}, {1, 1, 3}}, {4, 2}},
      {"growing with equal sizes favours the newer", 3, "0", {{1, 1, 2}, {1, 1, 2}}, {1, 2}},
      {"shrinking takes from the older of equals", 4, "0", {{5, 5, 10}, {5, 5, 10}}, {2, 2}},
      {"shrinking to zero", 0, "0", {{3, 3, 10}, {7, 7, 10}}, {0, 0}},
      {"surge counts", 10, "2", {{5, 5, 6}, {1, 1, 6}}, {10, 2}},
  };
  for (const ScaleCase& test : cases) {
    Fixture fixture(test.replicas, test.surge, "1", test.before);
    ScaleProportionally(&fixture.rollout);
    EXPECT_EQ(fixture.sizes(), test.after) << test.name;
  }
}

TEST(ScaleProportionally, DrainsOldOnesOnceTheNewOneIsSaturated) {
  Fixture fixture(3, "1", "1", {{1, 1}, {3, 3}});
  fixture.rollout.current->Scale(3, fixture.rollout.bounds);
  ScaleProportionally(&fixture.rollout);
  EXPECT_THAT(fixture.sizes(), ElementsAre(0, 3));
}

TEST(ScalingEvent, IsSeenByTheDesiredAnnotation) {
  Fixture fixture(3, "1", "1", {{1, 1}, {3, 3}});
  for (PlannedReplicaSet* set : fixture.rollout.all()) set->Scale(set->replicas(), fixture.rollout.bounds);
  EXPECT_FALSE(IsScalingEvent(fixture.rollout));
  fixture.rollout.bounds.replicas = 4;
  EXPECT_TRUE(IsScalingEvent(fixture.rollout));
}

}  // namespace
}  // namespace kubelite::controllers
