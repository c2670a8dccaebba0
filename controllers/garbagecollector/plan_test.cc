#include "controllers/garbagecollector/plan.h"

#include <gtest/gtest.h>

#include "common/api/testing/builders.h"
#include "controllers/garbagecollector/graph.h"

namespace kubelite::controllers {
namespace {

using api::testing::MakePod;
using api::testing::MakeReplicaSet;

const absl::Time kNow = absl::UnixEpoch();

struct Case {
  std::string name;
  std::vector<OwnerState> owners;
  bool has_dependents;
  std::string expected;
};

TEST(PlanCollect, ObjectsWithOwners) {
  const OwnerState solid = OwnerState::kSolid, absent = OwnerState::kAbsent, waiting = OwnerState::kWaiting;
  const std::vector<Case> cases = {
      {"no owners", {}, true, "nothing"},
      {"a live owner", {solid}, true, "nothing"},
      {"the only owner is gone", {absent}, true, "delete Background"},
      {"all owners are gone", {absent, absent}, true, "delete Background"},
      {"one owner lives", {absent, solid}, true, "drop owners uid-o0"},
      {"one lives, one waits", {waiting, solid}, true, "drop owners uid-o0"},
      {"the owner waits", {waiting}, false, "delete Background"},
      {"the owner waits for what has dependents itself", {waiting}, true, "delete Foreground"},
  };
  for (const Case& test : cases) {
    auto pod = MakePod("p");
    for (size_t i = 0; i < test.owners.size(); ++i) pod.Owner(MakeReplicaSet("o" + std::to_string(i)).Build());
    const auto object = pod.Build();
    EXPECT_EQ(PlanCollect({object, test.owners, test.has_dependents}).ToString(), test.expected) << test.name;
  }
}

TEST(PlanCollect, ForegroundDeletionWaitsForBlockingDependents) {
  const auto set = MakeReplicaSet("web").Finalizer(kForegroundFinalizer).Deleting(kNow).Build();
  EXPECT_EQ(PlanCollect({set, {}, true, true}).ToString(), "push dependents");
  EXPECT_EQ(PlanCollect({set, {}, true, false}).ToString(), "finish foreground deletion");
}

TEST(PlanCollect, OrphaningTakesDependentsOut) {
  const auto set = MakeReplicaSet("web").Finalizer(kOrphanFinalizer).Deleting(kNow).Build();
  EXPECT_EQ(PlanCollect({set, {}, true, true}).ToString(), "orphan dependents");
}

TEST(PlanCollect, OtherDeletionsAreNotOurs) {
  const auto owner = MakeReplicaSet("o").Build();
  const auto pod = MakePod("p").Owner(owner).Deleting(kNow).Finalizer("example.com/x").Build();
  EXPECT_EQ(PlanCollect({pod, {OwnerState::kAbsent}}).ToString(), "nothing");
}

TEST(OwnerGraph, FollowsReferences) {
  OwnerGraph graph;
  const auto& pods = api::ResourceOf<k8s::core::v1::Pod>();
  const auto owner = MakeReplicaSet("o").Build();
  auto pod = MakePod("p").Owner(owner).Build();
  EXPECT_TRUE(graph.Put(pods, pod).empty());
  ASSERT_EQ(graph.Dependents("uid-o").size(), 1u);
  EXPECT_EQ(graph.Dependents("uid-o")[0].key.name, "p");
  EXPECT_EQ(graph.Dependents("uid-o")[0].blocked_owners.count("uid-o"), 1u);

  pod.mutable_metadata()->mutable_ownerreferences(0)->set_blockownerdeletion(false);
  EXPECT_EQ(graph.Put(pods, pod), (std::vector<std::string>{"uid-o"}));
  EXPECT_TRUE(graph.Dependents("uid-o")[0].blocked_owners.empty());

  EXPECT_EQ(graph.Remove("uid-p"), (std::vector<std::string>{"uid-o"}));
  EXPECT_TRUE(graph.Dependents("uid-o").empty());
  EXPECT_EQ(graph.size(), 0u);
}

TEST(OwnerGraph, KeepsOnlyWhatMatters) {
  OwnerGraph graph;
  graph.Put(api::ResourceOf<k8s::core::v1::Pod>(), MakePod("p").Build());
  EXPECT_EQ(graph.size(), 0u);
}

}  // namespace
}  // namespace kubelite::controllers
