// The store on a disk that fails: what was acknowledged stays, what failed is never half there, and work goes on later.

#include "store/mvcc_store.h"
#include "store/store.h"
#include "store/testing/fault_engine.h"
#include "tests/contract/store_fixture.h"

namespace kubelite::store {
namespace {

using base::StatusIs;
using testing::ElementsAre;
using testing::IsEmpty;
using Fault = FaultDisk::Fault;

class StoreFaultTest : public testing::Test {
 protected:
  void SetUp() override { LosePower(); }

  void LosePower() {
    store_.reset();
    auto opened = MvccStore::Open(disk_.PowerLoss(), 16);
    ASSERT_OK(opened);
    store_ = *std::move(opened);
  }

  FaultDisk disk_;
  std::unique_ptr<Store> store_;
};

TEST_F(StoreFaultTest, ALoneWriterSyncsOncePerWrite) {
  const int before = disk_.syncs();
  for (int i = 0; i < 10; ++i) ASSERT_OK(store_->Put(absl::StrCat("k", i), "v", 0));
  EXPECT_EQ(disk_.syncs() - before, 10);
  EXPECT_EQ(disk_.writes(), disk_.syncs());
}

TEST_F(StoreFaultTest, RefusedWritesDoNotTouchTheDisk) {
  const int before = disk_.writes();
  EXPECT_FALSE(store_->Delete("k", 1).ok());
  EXPECT_EQ(disk_.writes(), before);
}

TEST_F(StoreFaultTest, AcknowledgedWritesSurvivePowerLoss) {
  for (int i = 1; i <= 50; ++i) {
    ASSERT_OK(store_->Put(absl::StrCat("k", i), "v", 0));
    if (i % 7 == 0) {
      ASSERT_OK(store_->Compact(i - 3));
    }
    if (i % 5 != 0) continue;
    LosePower();
    ASSERT_EQ(store_->CurrentRevision(), i);
    ASSERT_THAT(store_->Count(KeyRange::Prefix("k")), base::IsOkAndHolds(i));
  }
}

TEST_F(StoreFaultTest, AFailedWriteLeavesNothingVisible) {
  ASSERT_OK(store_->Put("a", "1", 0));
  const auto watch = *store_->NewWatch(KeyRange::All(), 0, [] {});
  for (const Fault fault : {Fault::kLose, Fault::kKeep}) {
    disk_.Fail(fault);
    EXPECT_THAT(store_->Put("a", "2", 1), StatusIs(absl::StatusCode::kUnavailable, "may or may not"));
    EXPECT_EQ(store_->CurrentRevision(), 1);
    EXPECT_EQ(store_->Get("a")->value, "1");
    EXPECT_EQ(store_->List(KeyRange::All(), 0)->revision, 1);
    EXPECT_THAT(watch->Poll(10)->events, IsEmpty());
  }
}

TEST_F(StoreFaultTest, ALostWriteIsAsIfItHadNeverBeen) {
  ASSERT_OK(store_->Put("a", "1", 0));
  const auto watch = *store_->NewWatch(KeyRange::All(), 0, [] {});
  disk_.Fail(Fault::kLose);
  EXPECT_FALSE(store_->Put("a", "2", 1).ok());
  disk_.Fail(Fault::kNone);
  EXPECT_THAT(store_->Put("a", "3", 1), base::IsOkAndHolds(2));
  EXPECT_THAT(ToText(watch->Poll(10)->events), ElementsAre("a=3@2"));
}

TEST_F(StoreFaultTest, AWriteFoundOnTheDiskAfterAllIsPublished) {
  ASSERT_OK(store_->Put("a", "1", 0));
  int ready = 0;
  const auto watch = *store_->NewWatch(KeyRange::All(), 0, [&] { ++ready; });
  disk_.Fail(Fault::kKeep);
  EXPECT_FALSE(store_->Put("a", "2", 1).ok());
  disk_.Fail(Fault::kNone);
  // The retry meets the outcome of the first attempt, as after a lost reply.
  EXPECT_THAT(store_->Put("a", "2", 1), StatusIs(absl::StatusCode::kAborted, "is at revision 2"));
  EXPECT_EQ(ready, 1);
  EXPECT_EQ(ToText(*store_->Get("a")), "a=2@2");
  EXPECT_THAT(ToText(watch->Poll(10)->events), ElementsAre("a=2@2"));
  EXPECT_THAT(store_->Put("b", "3", 0), base::IsOkAndHolds(3));
}

TEST_F(StoreFaultTest, ReadsWorkAndWritesAreRefusedUntilTheDiskRecovers) {
  ASSERT_OK(store_->Put("a", "1", 0));
  disk_.Fail(Fault::kLose);
  EXPECT_FALSE(store_->Put("a", "2", 1).ok());
  disk_.Fail(Fault::kNone);
  disk_.FailRecovery(true);
  EXPECT_THAT(store_->Put("a", "2", 1), StatusIs(absl::StatusCode::kUnavailable, "recovery"));
  EXPECT_EQ(store_->Get("a")->value, "1");
  disk_.FailRecovery(false);
  EXPECT_OK(store_->Put("a", "2", 1));
}

TEST_F(StoreFaultTest, AFullDiskRefusesPutsOnly) {
  ASSERT_OK(store_->GrantLease({1, absl::Seconds(1), absl::FromUnixSeconds(1)}));
  ASSERT_OK(store_->Put("a", "1", 0));
  ASSERT_OK(store_->Put("b", "1", 0, 1));
  disk_.Fail(Fault::kFull);
  EXPECT_TRUE(store_->GetStats()->refuses_puts);
  const auto full = StatusIs(absl::StatusCode::kResourceExhausted, "full");
  EXPECT_THAT(store_->Put("a", "2", kAnyRevision), full);
  EXPECT_THAT(store_->GrantLease({2, absl::Seconds(1), absl::FromUnixSeconds(1)}), full);
  EXPECT_THAT(store_->Transact([&](Transaction& transaction) {
    EXPECT_OK(transaction.Delete("a"));
    EXPECT_THAT(transaction.Put("c", "1", 0), full);
    return absl::OkStatus();  // without the put it is not what was meant
  }),
              full);
  EXPECT_EQ(store_->CurrentRevision(), 2);
  EXPECT_EQ(store_->Get("a")->value, "1");
  EXPECT_OK(store_->Delete("a", 1));
  EXPECT_OK(store_->RenewLease(1, absl::FromUnixSeconds(2)));
  EXPECT_OK(store_->Compact(3));
  EXPECT_THAT(store_->RevokeLease(1), base::IsOkAndHolds(4));
  disk_.Fail(Fault::kNone);
  EXPECT_THAT(store_->Put("a", "5", 0), base::IsOkAndHolds(5));
  EXPECT_FALSE(store_->GetStats()->refuses_puts);
}

TEST_F(StoreFaultTest, CompactionIsTriedAgainAfterAFailure) {
  for (int i = 1; i <= 3; ++i) ASSERT_OK(store_->Put("a", absl::StrCat(i), i - 1));
  ASSERT_OK(store_->Delete("a", 3));
  disk_.Fail(Fault::kLose);
  EXPECT_THAT(store_->Compact(4), StatusIs(absl::StatusCode::kUnavailable, ""));
  EXPECT_EQ(store_->CompactedRevision(), 0);
  EXPECT_EQ(store_->Get("a", 1)->value, "1");
  disk_.Fail(Fault::kNone);
  EXPECT_OK(store_->Compact(4));
  EXPECT_EQ(store_->CompactedRevision(), 4);
}

TEST_F(StoreFaultTest, ACompactionFoundOnTheDiskAfterAllIsNotTakenBack) {
  for (int i = 1; i <= 10; ++i) ASSERT_OK(store_->Put(absl::StrCat("k", i), "v", 0));
  disk_.Fail(Fault::kKeep);
  EXPECT_FALSE(store_->Compact(8).ok());
  disk_.Fail(Fault::kNone);
  ASSERT_OK(store_->Compact(5));
  EXPECT_EQ(store_->CompactedRevision(), 8);
  LosePower();
  EXPECT_EQ(store_->CompactedRevision(), 8);
}

TEST_F(StoreFaultTest, AnEarlierRenewalDoesNotOverwriteAnUnconfirmedOne) {
  const auto at = [](int64_t seconds) { return absl::UnixEpoch() + absl::Seconds(seconds); };
  ASSERT_OK(store_->GrantLease({1, absl::Seconds(10), at(10)}));
  ASSERT_OK(store_->RenewLease(1, at(60)));  // not synced
  disk_.Fail(Fault::kKeep);
  EXPECT_FALSE(store_->RenewLease(1, at(40)).ok());
  disk_.Fail(Fault::kNone);
  ASSERT_OK(store_->Put("a", "1", 0));
  LosePower();
  ASSERT_OK_AND_ASSIGN(const Lease lease, store_->GetLease(1));
  EXPECT_EQ(lease.deadline, at(40));
}

TEST_F(StoreFaultTest, AFailedWriteIsForgottenOrWholeAfterPowerLoss) {
  ASSERT_OK(store_->Put("a", "1", 0));
  disk_.Fail(Fault::kLose);
  EXPECT_FALSE(store_->Put("b", "2", 0).ok());
  disk_.Fail(Fault::kNone);
  LosePower();
  EXPECT_EQ(store_->CurrentRevision(), 1);
  EXPECT_THAT(store_->Put("b", "2", 0), base::IsOkAndHolds(2));
}

}  // namespace
}  // namespace kubelite::store
