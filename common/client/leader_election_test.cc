#include "common/client/leader_election.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "common/api/time.h"
#include "common/base/simulated_executor.h"
#include "common/base/testing/status_matchers.h"
#include "common/client/fake/fake_client.h"
#include "k8s/coordination/v1.pb.h"

namespace kubelite::client {
namespace {

using k8s::coordination::v1::Lease;

class LeaderElectionTest : public ::testing::Test {
 protected:
  struct Candidate {
    int started = 0;
    int lost = 0;
    std::unique_ptr<LeaderElector> elector;
  };
  std::unique_ptr<Candidate> Make(const std::string& identity) {
    auto candidate = std::make_unique<Candidate>();
    LeaderElectionOptions options;
    options.name = "kube-scheduler";
    options.identity = identity;
    candidate->elector = std::make_unique<LeaderElector>(
        options, client_.get(), &executor_, &random_, [c = candidate.get()] { ++c->started; },
        [c = candidate.get()] { ++c->lost; });
    candidate->elector->Start();
    return candidate;
  }
  Lease ReadLease() {
    const auto lease = client::Get<Lease>(*client_, {"kube-system", "kube-scheduler"});
    return lease.ok() ? **lease : Lease();
  }

  base::SimulatedExecutor executor_{1};
  base::Random random_{1};
  std::unique_ptr<FakeClient> client_ = FakeClient::New(&executor_, &random_);
};

TEST_F(LeaderElectionTest, TheFirstCandidateWinsAndRenews) {
  const auto a = Make("a");
  executor_.Settle();
  EXPECT_TRUE(a->elector->IsLeader());
  EXPECT_EQ(a->started, 1);
  const Lease first = ReadLease();
  EXPECT_EQ(first.spec().holderidentity(), "a");
  EXPECT_EQ(first.spec().leasedurationseconds(), 15);
  EXPECT_EQ(first.spec().leasetransitions(), 0);
  executor_.Advance(absl::Minutes(10));
  EXPECT_TRUE(a->elector->IsLeader());
  EXPECT_EQ(a->started, 1);
  EXPECT_GE(api::FromProto(ReadLease().spec().renewtime()), executor_.clock().Now() - absl::Seconds(3));
  EXPECT_EQ(api::FromProto(ReadLease().spec().acquiretime()), api::FromProto(first.spec().acquiretime()));
}

TEST_F(LeaderElectionTest, ThereIsOneLeaderAndItStays) {
  const auto a = Make("a");
  executor_.Settle();
  const auto b = Make("b");
  executor_.Advance(absl::Minutes(5));
  EXPECT_TRUE(a->elector->IsLeader());
  EXPECT_FALSE(b->elector->IsLeader());
  EXPECT_EQ(b->started, 0);
}

TEST_F(LeaderElectionTest, SimultaneousCandidatesAgree) {
  const auto a = Make("a");
  const auto b = Make("b");
  executor_.Advance(absl::Minutes(1));
  EXPECT_EQ(a->started + b->started, 1);
}

TEST_F(LeaderElectionTest, AReleasedLeaseIsTakenAtOnce) {
  const auto a = Make("a");
  executor_.Settle();
  const auto b = Make("b");
  executor_.Advance(absl::Seconds(10));
  a->elector->Stop();
  EXPECT_FALSE(a->elector->IsLeader());
  EXPECT_EQ(ReadLease().spec().holderidentity(), "");
  executor_.Advance(absl::Seconds(5));
  EXPECT_TRUE(b->elector->IsLeader());
  EXPECT_EQ(ReadLease().spec().leasetransitions(), 1);
  EXPECT_EQ(a->lost, 0);
}

TEST_F(LeaderElectionTest, ACrashedLeadersLeaseExpires) {
  auto a = Make("a");
  executor_.Settle();
  const auto b = Make("b");
  executor_.Advance(absl::Seconds(10));
  // The crash: nothing of a runs any more, and its release cannot reach the server.
  client_->SetFault([](const FakeClient::Call&) { return absl::UnavailableError("cut"); });
  a.reset();
  client_->SetFault(nullptr);
  executor_.Advance(absl::Seconds(12));
  EXPECT_FALSE(b->elector->IsLeader());
  executor_.Advance(absl::Seconds(9));
  EXPECT_TRUE(b->elector->IsLeader());
  EXPECT_EQ(ReadLease().spec().leasetransitions(), 1);
}

TEST_F(LeaderElectionTest, ALeaderThatCannotRenewLosesAtTheDeadline) {
  const auto a = Make("a");
  executor_.Settle();
  client_->SetFault([](const FakeClient::Call&) { return absl::UnavailableError("down"); });
  executor_.Advance(absl::Seconds(9));
  EXPECT_TRUE(a->elector->IsLeader());
  executor_.Advance(absl::Seconds(1));
  EXPECT_FALSE(a->elector->IsLeader());
  EXPECT_EQ(a->lost, 1);
  client_->SetFault(nullptr);
  executor_.Advance(absl::Minutes(5));
  EXPECT_EQ(a->started, 1) << "a lost leadership does not come back";
  EXPECT_EQ(a->lost, 1);
}

TEST_F(LeaderElectionTest, AShortOutageIsRiddenOut) {
  const auto a = Make("a");
  executor_.Settle();
  client_->SetFault([](const FakeClient::Call&) { return absl::UnavailableError("down"); });
  executor_.Advance(absl::Seconds(7));
  client_->SetFault(nullptr);
  executor_.Advance(absl::Minutes(1));
  EXPECT_TRUE(a->elector->IsLeader());
  EXPECT_EQ(a->lost, 0);
}

TEST_F(LeaderElectionTest, AStolenLeaseIsGivenUpAtOnce) {
  const auto a = Make("a");
  executor_.Settle();
  Lease stolen = ReadLease();
  stolen.mutable_spec()->set_holderidentity("thief");
  ASSERT_OK(client::Update(*client_, stolen));
  executor_.Advance(absl::Seconds(3));
  EXPECT_FALSE(a->elector->IsLeader());
  EXPECT_EQ(a->lost, 1);
}

TEST_F(LeaderElectionTest, AnEditOfTheLeaseByOthersIsNoLoss) {
  const auto a = Make("a");
  executor_.Settle();
  Lease edited = ReadLease();
  (*edited.mutable_metadata()->mutable_labels())["x"] = "y";
  ASSERT_OK(client::Update(*client_, edited));
  executor_.Advance(absl::Seconds(30));
  EXPECT_TRUE(a->elector->IsLeader());
  EXPECT_EQ(api::GetLabel(ReadLease(), "x"), "y");
}

TEST_F(LeaderElectionTest, ARestartedProcessWithTheSameIdentityTakesItsLeaseBack) {
  auto a = Make("a");
  executor_.Settle();
  client_->SetFault([](const FakeClient::Call&) { return absl::UnavailableError("cut"); });
  a.reset();
  client_->SetFault(nullptr);
  const auto again = Make("a");
  executor_.Settle();
  EXPECT_TRUE(again->elector->IsLeader());
}

}  // namespace
}  // namespace kubelite::client
