// The checker accepts what a store may do and refuses what it may not.

#include "tests/robustness/linearizability.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::robustness {
namespace {

using base::StatusIs;
using Code = absl::StatusCode;
using Kind = Operation::Kind;

class LinearizabilityTest : public testing::Test {
 protected:
  // a=1@1, a=2@2, b=3@3 with lease 7.
  void SetUp() override {
    truth_.Append({{"a", "1", 0}}, {absl::UnixEpoch(), "p1"});
    truth_.Append({{"a", "2", 0}}, {absl::UnixEpoch(), "p2"});
    truth_.Append({{"b", "3", 7}}, {absl::UnixEpoch(), "p3"});
  }

  static Operation Op(Kind kind, Tick call, Tick returned, Code code = Code::kOk) {
    Operation op;
    op.kind = kind;
    op.note = absl::StrCat("op", call);
    op.call = call;
    op.returned = returned;
    op.status = absl::Status(code, "");
    return op;
  }
  static Operation Put(Tick call, Tick returned, const char* key, const char* value, Revision expected,
                       Revision revision, LeaseId lease = 0) {
    Operation op = Op(Kind::kPut, call, returned);
    op.key = key;
    op.value = value;
    op.expected = expected;
    op.revision = revision;
    op.lease.id = lease;
    return op;
  }
  static Operation Refused(Operation op, Code code) {
    op.status = absl::Status(code, "");
    op.revision = 0;
    return op;
  }
  static Operation Lost(Operation op) {
    op.status = absl::UnavailableError("");
    op.lost = true;
    op.returned = kNever;
    return op;
  }
  static Operation Lease(Kind kind, Tick call, Tick returned, Code code = Code::kOk) {
    Operation op = Op(kind, call, returned, code);
    op.lease = {7, absl::Seconds(10), absl::UnixEpoch() + absl::Seconds(10)};
    return op;
  }
  static Operation Current(Tick call, Tick returned, Revision revision) {
    Operation op = Op(Kind::kCurrentRevision, call, returned);
    op.revision = revision;
    return op;
  }
  static Operation Get(Tick call, Tick returned, const KeyValue& kv) {
    Operation op = Op(Kind::kGet, call, returned);
    op.key = kv.key;
    op.items = {kv};
    return op;
  }
  // The three steps, one after the other: [1,2] [3,4] [7,8], the lease's grant in [5,6].
  static Session Steps() {
    return {Put(1, 2, "a", "1", 0, 1), Put(3, 4, "a", "2", 1, 2), Lease(Kind::kGrantLease, 5, 6),
            Put(7, 8, "b", "3", 0, 3, 7)};
  }
  absl::Status Check(std::vector<Session> sessions) const { return CheckLinearizable(truth_, sessions); }

  Model truth_;
};

TEST_F(LinearizabilityTest, AcceptsOneClient) { EXPECT_OK(Check({Steps()})); }

TEST_F(LinearizabilityTest, RefusesRevisionsAgainstRealTime) {
  EXPECT_THAT(Check({{Put(3, 4, "a", "1", 0, 1), Lease(Kind::kGrantLease, 5, 6), Put(7, 8, "b", "3", 0, 3, 7)},
                     {Put(1, 2, "a", "2", 1, 2)}}),
              StatusIs(Code::kFailedPrecondition, "its revision is not the next"));
}

TEST_F(LinearizabilityTest, AcceptsConcurrentStepsInEitherOrder) {
  EXPECT_OK(Check({{Put(3, 14, "a", "1", 0, 1), Lease(Kind::kGrantLease, 15, 16), Put(17, 18, "b", "3", 0, 3, 7)},
                   {Put(1, 12, "a", "2", 1, 2)}}));
}

TEST_F(LinearizabilityTest, RefusesAStepWhoseExpectationDidNotHold) {
  Session steps = Steps();
  steps[1].expected = 0;
  EXPECT_THAT(Check({steps}), StatusIs(Code::kFailedPrecondition, "it should have failed"));
}

TEST_F(LinearizabilityTest, RefusesAStepThatDidSomethingElse) {
  Session steps = Steps();
  steps[1].value = "other";
  EXPECT_THAT(Check({steps}), StatusIs(Code::kFailedPrecondition, "the log holds other changes"));
}

TEST_F(LinearizabilityTest, RefusesAStepThatNobodyAskedFor) {
  Session steps = Steps();
  steps.pop_back();
  EXPECT_THAT(Check({steps}), StatusIs(Code::kFailedPrecondition, "nobody asked for it"));
}

TEST_F(LinearizabilityTest, ReadsSeeOneMomentWithinTheirCall) {
  const KeyValue old{"a", "1", 1, 1, 1, 0};
  EXPECT_OK(Check({Steps(), {Get(2, 4, old)}}));  // overlaps the second put
  EXPECT_THAT(Check({Steps(), {Get(5, 6, old)}}), StatusIs(Code::kFailedPrecondition, "another value"));
}

TEST_F(LinearizabilityTest, ReadsDoNotGoBack) {
  EXPECT_OK(Check({Steps(), {Current(2, 7, 1)}, {Current(8, 9, 3)}}));
  EXPECT_THAT(Check({{Put(1, 20, "a", "1", 0, 1), Put(21, 40, "a", "2", 1, 2), Lease(Kind::kGrantLease, 45, 46),
                      Put(47, 48, "b", "3", 0, 3, 7)},
                     {Current(22, 23, 2), Current(24, 25, 1)}}),
              StatusIs(Code::kFailedPrecondition, "at another revision"));
}

TEST_F(LinearizabilityTest, RefusedWritesNeedAMomentThatRefusesThem) {
  EXPECT_OK(Check({Steps(), {Refused(Put(9, 10, "a", "x", 1, 0), Code::kAborted)}}));
  EXPECT_THAT(Check({Steps(), {Refused(Put(9, 10, "a", "x", 2, 0), Code::kAborted)}}),
              StatusIs(Code::kFailedPrecondition, "it should have succeeded"));
  EXPECT_THAT(Check({Steps(), {Refused(Put(9, 10, "a", "x", 1, 0), Code::kNotFound)}}),
              StatusIs(Code::kFailedPrecondition, "another error"));
}

TEST_F(LinearizabilityTest, ALostStepMayHaveHappenedLaterOrNever) {
  Session steps = Steps();
  const Operation third = steps[3];
  steps.pop_back();
  EXPECT_OK(Check({steps, {Lost(Put(1, 0, "b", "3", 0, 3, 7))}}));  // found at 3
  EXPECT_OK(Check({Steps(), {Lost(Put(1, 0, "c", "3", 0, 0))}}));   // not found
  Operation closed = Lost(third);
  closed.returned = 9;  // it had happened before the store was opened again
  EXPECT_THAT(Check({steps, {closed}, {Current(10, 11, 2)}}), StatusIs(Code::kFailedPrecondition, ""));
}

TEST_F(LinearizabilityTest, LeasesMustExistWhenTheyAreUsed) {
  Session steps = Steps();
  steps.erase(steps.begin() + 2);
  EXPECT_THAT(Check({steps}), StatusIs(Code::kFailedPrecondition, "it should have failed"));
  EXPECT_OK(Check({steps, {Lost(Lease(Kind::kGrantLease, 1, 0))}}));
  EXPECT_THAT(Check({Steps(), {Lease(Kind::kGetLease, 9, 10, Code::kNotFound)}}),
              StatusIs(Code::kFailedPrecondition, "the lease exists"));
  EXPECT_THAT(Check({Steps(), {Lease(Kind::kGrantLease, 9, 10)}}), StatusIs(Code::kFailedPrecondition, ""));
}

TEST_F(LinearizabilityTest, FindsTheOrderOfChangesWithoutRevision) {
  // Renewals at the same time: the read afterwards tells which was the last, whatever the order of returns.
  const auto until = [](Operation op, int64_t seconds) {
    op.lease.deadline = absl::UnixEpoch() + absl::Seconds(seconds);
    return op;
  };
  for (const int64_t last : {20, 30}) {
    EXPECT_OK(Check({Steps(),
                     {until(Lease(Kind::kRenewLease, 10, 13), 20)},
                     {until(Lease(Kind::kRenewLease, 11, 12), 30)},
                     {until(Lease(Kind::kGetLease, 14, 15), last)}}));
  }
  EXPECT_THAT(Check({Steps(),
                     {until(Lease(Kind::kRenewLease, 10, 11), 20)},
                     {until(Lease(Kind::kRenewLease, 12, 13), 30)},
                     {until(Lease(Kind::kGetLease, 14, 15), 20)}}),
              StatusIs(Code::kFailedPrecondition, "the lease is another"));
}

TEST_F(LinearizabilityTest, APowerLossMayUndoRenewalsThatNothingHasSynced) {
  const auto until = [](Operation op, int64_t seconds) {
    op.lease.deadline = absl::UnixEpoch() + absl::Seconds(seconds);
    return op;
  };
  const Operation renewal = until(Lease(Kind::kRenewLease, 10, 11), 20);
  const Operation loss = Op(Kind::kPowerLoss, 20, 21);
  for (const int64_t found : {10, 20}) {
    EXPECT_OK(Check({Steps(), {renewal, loss, until(Lease(Kind::kGetLease, 30, 31), found)}}));
  }
  EXPECT_THAT(Check({Steps(), {renewal, until(Lease(Kind::kGetLease, 30, 31), 10)}}),
              StatusIs(Code::kFailedPrecondition, "the lease is another"));
  Operation synced = Lease(Kind::kGrantLease, 12, 13);
  synced.lease.id = 8;
  EXPECT_THAT(Check({Steps(), {renewal, synced, loss, until(Lease(Kind::kGetLease, 30, 31), 10)}}),
              StatusIs(Code::kFailedPrecondition, "the lease is another"));
  Operation idle = until(Op(Kind::kExpireLeases, 12, 13), 20);  // finds nothing due, so it writes nothing
  idle.time = absl::UnixEpoch() + absl::Seconds(5);
  EXPECT_OK(Check({Steps(), {renewal, idle, loss, until(Lease(Kind::kGetLease, 30, 31), 10)}}));
}

TEST_F(LinearizabilityTest, RevocationDeletesAllKeysOfTheLease) {
  truth_.Append({{"b", std::nullopt, 0}}, {absl::UnixEpoch(), "op9"});
  Operation revoke = Lease(Kind::kRevokeLease, 9, 10);
  revoke.revision = 4;
  EXPECT_OK(Check({Steps(), {revoke}}));
  truth_.Append({{"b", "4", 0}}, {absl::UnixEpoch(), "op11"});
  EXPECT_THAT(Check({Steps(), {revoke, Put(11, 12, "b", "4", 0, 5, 7)}}),
              StatusIs(Code::kFailedPrecondition, "it should have failed"));
}

TEST_F(LinearizabilityTest, ExpiryEndsWhatIsDueAndNothingElse) {
  truth_.Append({{"b", std::nullopt, 0}}, {absl::UnixEpoch(), ""});
  const auto expire = [](int64_t now, absl::Time next) {
    Operation op = Op(Kind::kExpireLeases, 9, 20);
    op.time = absl::UnixEpoch() + absl::Seconds(now);
    op.lease.deadline = next;
    return op;
  };
  EXPECT_OK(Check({Steps(), {expire(10, absl::InfiniteFuture())}}));
  EXPECT_THAT(Check({Steps(), {expire(9, absl::InfiniteFuture())}}), StatusIs(Code::kFailedPrecondition, ""));
  EXPECT_THAT(Check({Steps(), {expire(10, absl::UnixEpoch())}}),
              StatusIs(Code::kFailedPrecondition, "another deadline is the next"));
}

TEST_F(LinearizabilityTest, CompactedRevisionsAreRefusedAndNoOthers) {
  Operation compact = Op(Kind::kCompact, 9, 12);
  compact.at = 2;
  Operation read = Op(Kind::kCount, 10, 11);
  read.range = KeyRange::All();
  read.at = 1;
  read.count = 1;
  EXPECT_OK(Check({Steps(), {compact}, {read}}));
  EXPECT_OK(Check({Steps(), {compact}, {Refused(read, Code::kOutOfRange)}}));
  read.call = 13;
  read.returned = 14;
  EXPECT_THAT(Check({Steps(), {compact}, {read}}), StatusIs(Code::kFailedPrecondition, "it should have failed"));
  read.at = 2;
  EXPECT_OK(Check({Steps(), {compact}, {read}}));
  EXPECT_THAT(Check({Steps(), {compact}, {Refused(read, Code::kOutOfRange)}}),
              StatusIs(Code::kFailedPrecondition, "it should have succeeded"));
}

TEST_F(LinearizabilityTest, TransactionsReadAndWriteAtOneMoment) {
  truth_.Append({{"a", "4", 0}, {"c", "4", 0}}, {absl::UnixEpoch(), "op9"});
  Operation op = Op(Kind::kTransaction, 9, 10);
  op.revision = op.body_revision = 4;
  BodyCall get;
  get.key = "a";
  get.items = {{"a", "2", 1, 2, 2, 0}};
  BodyCall first{BodyCall::Kind::kPut, "a", "4"};
  BodyCall second{BodyCall::Kind::kPut, "c", "4"};
  op.body = {get, first, second};
  EXPECT_OK(Check({Steps(), {op}}));
  Operation stale = op;
  stale.body[0].items = {{"a", "1", 1, 1, 1, 0}};
  EXPECT_THAT(Check({Steps(), {stale}}), StatusIs(Code::kFailedPrecondition, "another value"));
  Operation half = op;
  half.body.pop_back();
  EXPECT_THAT(Check({Steps(), {half}}), StatusIs(Code::kFailedPrecondition, "the log holds other changes"));
  Operation abandoned = op;
  abandoned.abandon = true;
  EXPECT_THAT(Check({Steps(), {abandoned}}), StatusIs(Code::kFailedPrecondition, ""));
}

}  // namespace
}  // namespace kubelite::robustness
