// The contract of store/store.h: leases.

#include "store/store.h"
#include "tests/contract/store_fixture.h"

namespace kubelite::store {
namespace {

using base::StatusIs;
using testing::ElementsAre;
using testing::IsEmpty;

absl::Time At(int64_t seconds) { return absl::FromUnixSeconds(seconds); }

class StoreLeaseTest : public StoreContract {
 protected:
  void Grant(LeaseId id, int64_t deadline) { ASSERT_OK(store_->GrantLease({id, absl::Seconds(10), At(deadline)})); }
  std::vector<LeaseId> Ids() {
    std::vector<LeaseId> ids;
    for (const Lease& lease : store_->Leases()) ids.push_back(lease.id);
    return ids;
  }
};
INSTANTIATE_STORE_CONTRACT(StoreLeaseTest);

TEST_P(StoreLeaseTest, AreGrantedFoundAndListed) {
  Grant(7, 100);
  Grant(-3, 50);
  EXPECT_THAT(Ids(), ElementsAre(-3, 7));
  EXPECT_EQ(store_->GetLease(7)->ttl, absl::Seconds(10));
  EXPECT_EQ(store_->GetLease(7)->deadline, At(100));
  EXPECT_THAT(store_->GetLease(8), StatusIs(absl::StatusCode::kNotFound, "lease 8"));
  EXPECT_THAT(store_->LeaseKeys(8), StatusIs(absl::StatusCode::kNotFound, "lease 8"));
  EXPECT_THAT(store_->GrantLease({7, absl::Seconds(1), At(1)}), StatusIs(absl::StatusCode::kAlreadyExists, "lease 7"));
  EXPECT_THAT(store_->GrantLease({0, absl::Seconds(1), At(1)}),
              StatusIs(absl::StatusCode::kInvalidArgument, "lease 0"));
  EXPECT_EQ(store_->CurrentRevision(), 0);
  EXPECT_EQ(store_->GetStats()->leases, 2);
}

TEST_P(StoreLeaseTest, HoldKeysUntilTheyArePutWithoutOrDeleted) {
  Grant(1, 100);
  Grant(2, 100);
  for (const char* key : {"d", "a", "b", "c"}) ASSERT_OK(store_->Put(key, "v", 0, 1));
  EXPECT_EQ(store_->Get("a")->lease, 1);
  ASSERT_OK(store_->Put("b", "v", kAnyRevision));
  ASSERT_OK(store_->Delete("c", kAnyRevision));
  ASSERT_OK(store_->Put("d", "v", kAnyRevision, 2));
  EXPECT_THAT(store_->LeaseKeys(1), base::IsOkAndHolds(ElementsAre("a")));
  EXPECT_THAT(store_->LeaseKeys(2), base::IsOkAndHolds(ElementsAre("d")));
  EXPECT_THAT(store_->Put("x", "v", 0, 3), StatusIs(absl::StatusCode::kNotFound, "lease 3"));
  EXPECT_THAT(store_->Get("x"), StatusIs(absl::StatusCode::kNotFound, ""));
}

TEST_P(StoreLeaseTest, RevokingDeletesTheirKeysInOneStep) {
  Grant(1, 100);
  Put("other", "v");
  ASSERT_OK(store_->Put("a", "v", 0, 1));
  ASSERT_OK(store_->Put("b", "v", 0, 1));
  const auto watch = NewWatch("", 0);
  EXPECT_THAT(store_->RevokeLease(1, {At(5), "me"}), base::IsOkAndHolds(4));
  const auto events = watch->Poll(1)->events;
  EXPECT_THAT(ToText(events), ElementsAre("-a@4", "-b@4"));
  EXPECT_EQ(events[0]->previous->lease, 1);
  EXPECT_THAT(Ids(), IsEmpty());
  EXPECT_EQ(store_->History("a", 1)->front().origin.note, "me");
  EXPECT_THAT(store_->RevokeLease(1), StatusIs(absl::StatusCode::kNotFound, "lease 1"));
  Grant(1, 100);
  EXPECT_THAT(store_->LeaseKeys(1), base::IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(store_->RevokeLease(1), base::IsOkAndHolds(4));  // nothing to delete: no step
}

TEST_P(StoreLeaseTest, EndAtTheirDeadline) {
  Grant(1, 100);
  Grant(2, 200);
  ASSERT_OK(store_->Put("a", "v", 0, 1));
  EXPECT_THAT(store_->ExpireLeases(At(99)), base::IsOkAndHolds(At(100)));
  EXPECT_OK(store_->Get("a"));
  ASSERT_OK(store_->RenewLease(1, At(150)));
  EXPECT_THAT(store_->RenewLease(3, At(150)), StatusIs(absl::StatusCode::kNotFound, "lease 3"));
  EXPECT_THAT(store_->ExpireLeases(At(149)), base::IsOkAndHolds(At(150)));
  EXPECT_THAT(store_->ExpireLeases(At(150)), base::IsOkAndHolds(At(200)));
  EXPECT_THAT(store_->Get("a"), StatusIs(absl::StatusCode::kNotFound, ""));
  EXPECT_EQ(store_->History("a", 1)->front().origin.time, At(150));
  EXPECT_THAT(store_->ExpireLeases(At(1000)), base::IsOkAndHolds(absl::InfiniteFuture()));
}

TEST_P(StoreLeaseTest, SurviveAReopening) {
  if (!GetParam().persistent) GTEST_SKIP();
  Grant(1, 100);
  ASSERT_OK(store_->GrantLease({2, absl::InfiniteDuration(), absl::InfiniteFuture()}));
  ASSERT_OK(store_->Put("a", "v", 0, 1));
  ASSERT_OK(store_->RenewLease(1, At(300)));
  Put("b", "synced after the renewal");
  Open();
  EXPECT_EQ(store_->GetLease(1)->deadline, At(300));
  EXPECT_EQ(store_->GetLease(1)->ttl, absl::Seconds(10));
  EXPECT_EQ(store_->GetLease(2)->deadline, absl::InfiniteFuture());
  EXPECT_EQ(store_->GetLease(2)->ttl, absl::InfiniteDuration());
  EXPECT_THAT(store_->LeaseKeys(1), base::IsOkAndHolds(ElementsAre("a")));
  EXPECT_THAT(store_->ExpireLeases(At(300)), base::IsOkAndHolds(absl::InfiniteFuture()));
  EXPECT_THAT(ToText(store_->List(KeyRange::All(), 0)->items), ElementsAre("b=synced after the renewal@2"));
}

}  // namespace
}  // namespace kubelite::store
