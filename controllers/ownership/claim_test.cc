#include "controllers/ownership/claim.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/api/errors.h"
#include "common/api/testing/builders.h"
#include "common/base/random.h"
#include "common/base/simulated_executor.h"
#include "common/base/testing/status_matchers.h"
#include "common/client/fake/fake_client.h"

namespace kubelite::controllers {
namespace {

using api::ObjectPtr;
using api::testing::MakePod;
using api::testing::MakeReplicaSet;
using k8s::apps::v1::ReplicaSet;
using k8s::core::v1::Pod;

const api::LabelSelector kSelector = *api::LabelSelector::Parse("app=web");

ClaimPlan Plan(const ReplicaSet& owner, const std::vector<ObjectPtr>& candidates) {
  return PlanClaim(owner, kSelector, candidates);
}

TEST(PlanClaim, SortsCandidates) {
  const ReplicaSet owner = MakeReplicaSet("web").Build();
  const ReplicaSet other = MakeReplicaSet("other").Build();
  EXPECT_EQ(Plan(owner, {MakePod("mine").Label("app", "web").Owner(owner).BuildPtr(),
                         MakePod("orphan").Label("app", "web").BuildPtr(),
                         MakePod("relabeled").Label("app", "x").Owner(owner).BuildPtr(),
                         MakePod("theirs").Label("app", "web").Owner(other).BuildPtr(),
                         MakePod("unrelated").Label("app", "x").BuildPtr(),
                         MakePod("going").Label("app", "web").Deleting(absl::UnixEpoch()).BuildPtr()})
                .ToString(),
            "owned: mine; adopt: orphan; release: relabeled");
}

TEST(PlanClaim, DeletedOwnerKeepsWhatItHas) {
  const ReplicaSet owner = MakeReplicaSet("web").Deleting(absl::UnixEpoch()).Build();
  EXPECT_EQ(Plan(owner, {MakePod("mine").Label("app", "web").Owner(owner).BuildPtr(),
                         MakePod("orphan").Label("app", "web").BuildPtr(),
                         MakePod("relabeled").Label("app", "x").Owner(owner).BuildPtr()})
                .ToString(),
            "owned: mine");
}

class ExecuteClaimTest : public ::testing::Test {
 protected:
  std::shared_ptr<const ReplicaSet> SeedOwner() {
    return api::As<ReplicaSet>(client_->Seed(MakeReplicaSet("web").Build()));
  }

  base::SimulatedExecutor executor_{1};
  base::Random random_{1};
  std::unique_ptr<client::FakeClient> client_ = client::FakeClient::New(&executor_, &random_);
};

TEST_F(ExecuteClaimTest, WritesReferences) {
  const auto owner = SeedOwner();
  const ObjectPtr orphan = client_->Seed(MakePod("orphan").Label("app", "web").Build());
  const ObjectPtr stranger = client_->Seed(MakePod("stranger").Label("app", "x").Owner(*owner).Build());
  ASSERT_OK_AND_ASSIGN(auto owned, ExecuteClaim(Plan(*owner, {orphan, stranger}), *owner, client_.get()));
  EXPECT_EQ(owned.size(), 1u);
  ASSERT_OK_AND_ASSIGN(auto adopted, client::Get<Pod>(*client_, {"default", "orphan"}));
  EXPECT_TRUE(api::IsControlledBy(*adopted, *owner));
  ASSERT_OK_AND_ASSIGN(auto released, client::Get<Pod>(*client_, {"default", "stranger"}));
  EXPECT_EQ(api::ControllerOf(*released), nullptr);
}

TEST_F(ExecuteClaimTest, StaleOwnerAdoptsNothing) {
  const auto owner = SeedOwner();
  const ObjectPtr orphan = client_->Seed(MakePod("orphan").Label("app", "web").Build());
  ASSERT_OK(client::Delete<ReplicaSet>(*client_, {"default", "web"}));
  client_->Seed(MakeReplicaSet("web").Uid("another").Build());
  EXPECT_TRUE(api::IsConflict(ExecuteClaim(Plan(*owner, {orphan}), *owner, client_.get()).status()));
  ASSERT_OK_AND_ASSIGN(auto pod, client::Get<Pod>(*client_, {"default", "orphan"}));
  EXPECT_EQ(api::ControllerOf(*pod), nullptr);
}

TEST_F(ExecuteClaimTest, VanishedObjectIsLeftOut) {
  const auto owner = SeedOwner();
  const ObjectPtr orphan = client_->Seed(MakePod("orphan").Label("app", "web").Build());
  ASSERT_OK(client::Delete<Pod>(*client_, {"default", "orphan"}));
  ASSERT_OK_AND_ASSIGN(auto owned, ExecuteClaim(Plan(*owner, {orphan}), *owner, client_.get()));
  EXPECT_TRUE(owned.empty());
}

}  // namespace
}  // namespace kubelite::controllers
