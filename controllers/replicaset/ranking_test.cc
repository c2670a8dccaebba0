#include "controllers/replicaset/ranking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/api/testing/builders.h"

namespace kubelite::controllers {
namespace {

using api::testing::MakePod;
using ::testing::ElementsAre;

const absl::Time kNow = absl::UnixEpoch() + absl::Hours(1000);

std::vector<std::string> Ranked(const std::vector<PodPtr>& pods, const std::vector<PodPtr>& related) {
  std::vector<std::string> names;
  for (const PodPtr& pod : RankForDeletion(pods, related, kNow)) names.push_back(pod->metadata().name());
  return names;
}
std::vector<std::string> Ranked(const std::vector<PodPtr>& pods) { return Ranked(pods, pods); }

PodPtr Running(const std::string& name, const std::string& node, absl::Duration age) {
  return MakePod(name).Node(node).Ready(true, kNow - age).Created(kNow - age).BuildPtr();
}

TEST(RankForDeletion, UnassignedFirst) {
  EXPECT_THAT(Ranked({Running("a", "n1", absl::Hours(1)), MakePod("b").Phase("Running").Ready().BuildPtr()}),
              ElementsAre("b", "a"));
}

TEST(RankForDeletion, PendingBeforeUnknownBeforeRunning) {
  EXPECT_THAT(Ranked({MakePod("running").Node("n").Phase("Running").BuildPtr(),
                      MakePod("unknown").Node("n").Phase("Unknown").BuildPtr(),
                      MakePod("pending").Node("n").Phase("Pending").BuildPtr()}),
              ElementsAre("pending", "unknown", "running"));
}

TEST(RankForDeletion, NotReadyBeforeReady) {
  EXPECT_THAT(Ranked({Running("ready", "n", absl::Hours(1)),
                      MakePod("not").Node("n").Phase("Running").Ready(false).BuildPtr()}),
              ElementsAre("not", "ready"));
}

TEST(RankForDeletion, LowerCostBeforeHigher) {
  const auto cost = [](const std::string& name, const std::string& value) {
    return MakePod(name)
        .Node("n")
        .Ready(true, kNow - absl::Hours(1))
        .Annotation("controller.kubernetes.io/pod-deletion-cost", value)
        .BuildPtr();
  };
  EXPECT_THAT(Ranked({cost("b", "5"), cost("a", "-3"), Running("none", "n", absl::Hours(1))}),
              ElementsAre("a", "none", "b"));
}

TEST(RankForDeletion, CrowdedNodeFirst) {
  const std::vector<PodPtr> pods = {Running("a", "n1", absl::Hours(1)), Running("b", "n2", absl::Hours(1))};
  std::vector<PodPtr> related = pods;
  related.push_back(Running("sibling", "n2", absl::Hours(1)));
  EXPECT_THAT(Ranked(pods, related), ElementsAre("b", "a"));
}

TEST(RankForDeletion, NewerMagnitudeFirst) {
  EXPECT_THAT(Ranked({Running("old", "n", absl::Hours(100)), Running("new", "n", absl::Minutes(1))}),
              ElementsAre("new", "old"));
}

TEST(RankForDeletion, UidDecidesWithinOneMagnitude) {
  EXPECT_THAT(Ranked({Running("b", "n", absl::Minutes(100)), Running("a", "n", absl::Minutes(101))}),
              ElementsAre("a", "b"));
}

TEST(RankForDeletion, MoreRestartsFirst) {
  const auto restarts = [](const std::string& name, int count) {
    return MakePod(name)
        .Node("n")
        .Ready(true, kNow - absl::Hours(1))
        .Created(kNow - absl::Hours(1))
        .With([count](auto* pod) { pod->mutable_status()->add_containerstatuses()->set_restartcount(count); })
        .BuildPtr();
  };
  EXPECT_THAT(Ranked({restarts("a", 1), restarts("b", 7)}), ElementsAre("b", "a"));
}

TEST(RankForDeletion, Empty) { EXPECT_TRUE(Ranked({}).empty()); }

}  // namespace
}  // namespace kubelite::controllers
