#include "store/committer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "common/base/testing/status_matchers.h"
#include "store/durable_state.h"
#include "store/testing/fault_engine.h"

namespace kubelite::store {
namespace {

using base::IsOkAndHolds;
using base::StatusIs;
using Kind = Write::Kind;

class CommitterTest : public testing::Test {
 protected:
  CommitterTest()
      : hub_(0, 100, [](const KeyRange&, Revision, Revision, size_t) { return LogSlice(); }),
        committer_(&engine_, &horizon_, &leases_, &hub_, LogTail()) {
    EXPECT_OK(WriteFormat(&engine_));
  }

  Write* Add(Kind kind, absl::string_view key, Revision expected, absl::string_view value = "v") {
    Write& write = writes_.emplace_back();
    write.kind = kind;
    write.key = key;
    write.value = value;
    write.expected = expected;
    return &write;
  }
  void CommitAll() {
    std::vector<Write*> group;
    for (Write& write : writes_) group.push_back(&write);
    if (const CommitQueue::Task after = committer_.Commit(group)) after();
  }

  FaultDisk disk_;
  FaultEngine engine_{&disk_};
  Horizon horizon_;
  LeaseTable leases_;
  WatchHub hub_;
  Committer committer_;
  std::deque<Write> writes_;
};

TEST_F(CommitterTest, AGroupIsOneBatchWithOneSync) {
  for (const char* key : {"a", "b", "c", "d", "e"}) Add(Kind::kPut, key, 0);
  const int syncs = disk_.syncs();
  const int batches = disk_.writes();
  CommitAll();
  EXPECT_EQ(disk_.syncs(), syncs + 1);
  EXPECT_EQ(disk_.writes(), batches + 1);
  Revision revision = 0;
  for (const Write& write : writes_) EXPECT_THAT(write.result, IsOkAndHolds(++revision));
  EXPECT_EQ(horizon_.current, 5);
}

TEST_F(CommitterTest, WritesSeeThoseBeforeThemInTheGroup) {
  const auto watch = hub_.Add(KeyRange::All(), 0, nullptr);
  const Write* created = Add(Kind::kPut, "a", 0);
  const Write* again = Add(Kind::kPut, "a", 0);
  const Write* updated = Add(Kind::kPut, "a", 1, "new");
  const Write* stale = Add(Kind::kDelete, "a", 1);
  const Write* deleted = Add(Kind::kDelete, "a", 2);
  const Write* gone = Add(Kind::kPut, "a", 2);
  const Write* reborn = Add(Kind::kPut, "a", 0);
  CommitAll();
  EXPECT_THAT(created->result, IsOkAndHolds(1));
  EXPECT_THAT(again->result, StatusIs(absl::StatusCode::kAlreadyExists, "revision 1"));
  EXPECT_THAT(updated->result, IsOkAndHolds(2));
  EXPECT_THAT(stale->result, StatusIs(absl::StatusCode::kAborted, "revision 2"));
  EXPECT_THAT(deleted->result, IsOkAndHolds(3));
  EXPECT_THAT(gone->result, StatusIs(absl::StatusCode::kNotFound, ""));
  EXPECT_THAT(reborn->result, IsOkAndHolds(4));
  const auto events = watch->Poll(10)->events;
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[1]->kv.create_revision, 1);
  EXPECT_EQ(events[1]->previous->value, "v");
  EXPECT_EQ(events[2]->previous->value, "new");
  EXPECT_EQ(events[3]->previous, nullptr);
  EXPECT_EQ(events[3]->kv.create_revision, 4);
}

TEST_F(CommitterTest, AFailedBatchFailsAllWhoseResultDependsOnIt) {
  const Write* created = Add(Kind::kPut, "a", 0);
  const Write* refused_by_it = Add(Kind::kPut, "a", 0);
  const Write* refused_anyway = Add(Kind::kDelete, "b", 1);
  disk_.Fail(FaultDisk::Fault::kLose);
  CommitAll();
  EXPECT_THAT(created->result, StatusIs(absl::StatusCode::kUnavailable, ""));
  EXPECT_THAT(refused_by_it->result, StatusIs(absl::StatusCode::kUnavailable, ""));
  EXPECT_THAT(refused_anyway->result, StatusIs(absl::StatusCode::kNotFound, ""));
  EXPECT_EQ(horizon_.current, 0);
}

TEST_F(CommitterTest, WhatDependsOnALeaseOfAFailedBatchFailsToo) {
  Lease lease;
  lease.id = 1;
  Add(Kind::kTransaction, "", 0)->body = [&](Transaction& step) { return static_cast<Step&>(step).Grant(lease); };
  CommitAll();
  writes_.clear();
  Add(Kind::kTransaction, "", 0)->body = [](Transaction& step) { return static_cast<Step&>(step).Revoke(1); };
  Write* put = Add(Kind::kPut, "a", 0);
  put->lease = 1;
  disk_.Fail(FaultDisk::Fault::kLose);
  CommitAll();
  EXPECT_THAT(put->result, StatusIs(absl::StatusCode::kUnavailable, ""));
  disk_.Fail(FaultDisk::Fault::kNone);
  put->result = absl::UnknownError("");
  CommitAll();
  EXPECT_THAT(put->result, StatusIs(absl::StatusCode::kNotFound, "lease 1"));
  EXPECT_FALSE(leases_.Find(1).has_value());
}

TEST_F(CommitterTest, MaintenanceTakesNoRevisionAndSyncsOnlyIfAsked) {
  WriteBatch batch;
  batch.Put(Table::kMeta, "x", "y");
  Write* maintenance = Add(Kind::kTransaction, "", 0);
  maintenance->body = [&](Transaction& step) {
    static_cast<Step&>(step).Maintain(&batch, /*sync=*/false);
    return absl::OkStatus();
  };
  const int syncs = disk_.syncs();
  CommitAll();
  EXPECT_OK(maintenance->result);
  EXPECT_EQ(disk_.syncs(), syncs);
  EXPECT_EQ(horizon_.current, 0);
  Add(Kind::kPut, "a", 0);
  CommitAll();
  EXPECT_EQ(disk_.syncs(), syncs + 1);
  EXPECT_EQ(horizon_.current, 1);
}

TEST_F(CommitterTest, AHigherFormatIsRefused) {
  WriteBatch batch;
  batch.Put(Table::kMeta, "format", "3");
  ASSERT_OK(engine_.Write(batch, true));
  EXPECT_THAT(ReadDurableState(&engine_), StatusIs(absl::StatusCode::kFailedPrecondition, "or a newer one"));
}

TEST_F(CommitterTest, ALowerFormatIsRefused) {
  WriteBatch batch;
  batch.Put(Table::kMeta, "format", "1");
  ASSERT_OK(engine_.Write(batch, true));
  EXPECT_THAT(ReadDurableState(&engine_), StatusIs(absl::StatusCode::kFailedPrecondition, "move the directory away"));
}

TEST_F(CommitterTest, RowsWithoutAFormatAreForeign) {
  MemoryEngine foreign;
  WriteBatch batch;
  batch.Put(Table::kMeta, "something", "else");
  ASSERT_OK(foreign.Write(batch, true));
  EXPECT_THAT(ReadDurableState(&foreign), StatusIs(absl::StatusCode::kFailedPrecondition, "not made by kube-lite"));
}

}  // namespace
}  // namespace kubelite::store
