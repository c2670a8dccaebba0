#include "store/lease_expirer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/simulated_executor.h"
#include "common/base/testing/status_matchers.h"
#include "store/mvcc_store.h"
#include "store/testing/fault_engine.h"

namespace kubelite::store {
namespace {

class LeaseExpirerTest : public testing::Test {
 protected:
  void Grant(LeaseId id, absl::Duration ttl) {
    const absl::Time deadline = executor_.clock().Now() + ttl;
    ASSERT_OK(store_->GrantLease({id, ttl, deadline}));
    expirer_->Expect(deadline);
    ASSERT_OK(store_->Put(absl::StrCat("key", id), "v", 0, id));
  }
  int64_t Keys() { return *store_->Count(KeyRange::All()); }

  base::SimulatedExecutor executor_{1};
  FaultDisk disk_;
  std::unique_ptr<Store> store_ = *MvccStore::Open(disk_.PowerLoss(), 16);
  std::optional<LeaseExpirer> expirer_{std::in_place, store_.get(), &executor_};
};

TEST_F(LeaseExpirerTest, EndsLeasesAtTheirDeadlines) {
  Grant(1, absl::Seconds(20));
  Grant(2, absl::Seconds(10));
  executor_.Advance(absl::Milliseconds(9999));
  EXPECT_EQ(Keys(), 2);
  executor_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(Keys(), 1);
  EXPECT_THAT(store_->GetLease(2), base::StatusIs(absl::StatusCode::kNotFound, "lease 2"));
  executor_.Advance(absl::Seconds(10));
  EXPECT_EQ(Keys(), 0);
}

TEST_F(LeaseExpirerTest, RenewedLeasesLive) {
  Grant(1, absl::Seconds(10));
  executor_.Advance(absl::Seconds(9));
  ASSERT_OK(store_->RenewLease(1, executor_.clock().Now() + absl::Seconds(10)));
  executor_.Advance(absl::Milliseconds(9999));
  EXPECT_EQ(Keys(), 1);
  executor_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(Keys(), 0);
}

TEST_F(LeaseExpirerTest, LeasesThatEndCloseTogetherShareASweep) {
  for (LeaseId id = 1; id <= 10; ++id) Grant(id, absl::Seconds(10) + absl::Milliseconds(10 * id));
  executor_.Advance(absl::Seconds(10) + absl::Milliseconds(10));
  EXPECT_EQ(Keys(), 9);
  const int syncs = disk_.syncs();
  executor_.Advance(absl::Milliseconds(500));
  EXPECT_EQ(Keys(), 0);
  EXPECT_EQ(disk_.syncs(), syncs + 1);
}

TEST_F(LeaseExpirerTest, StartsWithTheLeasesOfTheStore) {
  Grant(1, absl::Seconds(10));
  expirer_.reset();
  store_.reset();
  executor_.Advance(absl::Hours(1));
  store_ = *MvccStore::Open(disk_.PowerLoss(), 16);
  expirer_.emplace(store_.get(), &executor_);
  expirer_->Start();
  EXPECT_EQ(Keys(), 1);
  executor_.Advance(absl::ZeroDuration());
  EXPECT_EQ(Keys(), 0);
}

TEST_F(LeaseExpirerTest, AFailedSweepIsTriedAgain) {
  Grant(1, absl::Seconds(10));
  disk_.Fail(FaultDisk::Fault::kLose);
  executor_.Advance(absl::Seconds(11));
  EXPECT_EQ(Keys(), 1);
  disk_.Fail(FaultDisk::Fault::kNone);
  executor_.Advance(absl::Seconds(10));
  EXPECT_EQ(Keys(), 0);
}

}  // namespace
}  // namespace kubelite::store
