// The contract of store/store.h: spans of writes, transactions, origins, history.

#include "store/store.h"
#include "tests/contract/store_fixture.h"

namespace kubelite::store {
namespace {

using base::StatusIs;
using testing::ElementsAre;
using testing::IsEmpty;

absl::Time At(int64_t seconds) { return absl::FromUnixSeconds(seconds); }

class StoreStepTest : public StoreContract {
 protected:
  std::vector<std::string> HistoryOf(const std::string& key, size_t limit = 0, Revision at = 0) {
    std::vector<std::string> texts;
    const auto history = store_->History(key, limit, at);
    EXPECT_OK(history);
    for (const Change& change : *history) {
      texts.push_back(
          absl::StrCat(ToText(change.event), " ", absl::ToUnixSeconds(change.origin.time), " ", change.origin.note));
    }
    return texts;
  }
};
INSTANTIATE_STORE_CONTRACT(StoreStepTest);

// ---- spans ----------------------------------------------------------------------------------------------------------

TEST_P(StoreStepTest, ASpanIsAppliedInOrderAndEachWriteAlone) {
  Put("b", "old");
  std::vector<Write> writes(6);
  writes[0] = {.key = "a", .value = "1", .expected = 0};
  writes[1] = {.key = "a", .value = "2", .expected = 0};
  writes[2] = {.kind = Write::Kind::kDelete, .key = "b", .expected = kAnyRevision};
  writes[3] = {.kind = Write::Kind::kDelete, .key = "b", .expected = kAnyRevision};
  writes[4] = {.key = "a", .value = "3", .expected = 2};
  writes[5] = {.key = "", .value = "3"};
  store_->Apply(absl::MakeSpan(writes));
  EXPECT_THAT(writes[0].result, base::IsOkAndHolds(2));
  EXPECT_THAT(writes[1].result, StatusIs(absl::StatusCode::kAlreadyExists, "revision 2"));
  EXPECT_THAT(writes[2].result, base::IsOkAndHolds(3));
  EXPECT_THAT(writes[3].result, StatusIs(absl::StatusCode::kNotFound, "\"b\""));
  EXPECT_THAT(writes[4].result, base::IsOkAndHolds(4));
  EXPECT_THAT(writes[5].result, StatusIs(absl::StatusCode::kInvalidArgument, "empty"));
  EXPECT_THAT(ToText(store_->List(KeyRange::All(), 0)->items), ElementsAre("a=3@4"));
  store_->Apply({});
}

TEST_P(StoreStepTest, ALongSpanIsAppliedWhole) {
  std::vector<std::string> keys;
  for (int i = 0; i < 3000; ++i) keys.push_back(absl::StrCat("k", 10000 + i));
  std::vector<Write> writes(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) writes[i] = {.key = keys[i], .value = "v"};
  store_->Apply(absl::MakeSpan(writes));
  for (size_t i = 0; i < keys.size(); ++i) ASSERT_THAT(writes[i].result, base::IsOkAndHolds(i + 1));
  EXPECT_THAT(store_->Count(KeyRange::All()), base::IsOkAndHolds(3000));
}

TEST_P(StoreStepTest, AnyRevisionWritesWhateverIsThere) {
  EXPECT_THAT(store_->Put("a", "1", kAnyRevision), base::IsOkAndHolds(1));
  EXPECT_THAT(store_->Put("a", "2", kAnyRevision), base::IsOkAndHolds(2));
  EXPECT_THAT(store_->Delete("a", kAnyRevision), base::IsOkAndHolds(3));
  EXPECT_THAT(store_->Delete("a", kAnyRevision), StatusIs(absl::StatusCode::kNotFound, ""));
  EXPECT_THAT(store_->Put("a", "4", kAnyRevision), base::IsOkAndHolds(4));
}

TEST_P(StoreStepTest, VersionsCountThePutsOfALife) {
  for (int i = 0; i < 3; ++i) Put("a", "v");
  EXPECT_EQ(store_->Get("a")->version, 3);
  EXPECT_EQ(store_->Get("a", 2)->version, 2);
  Delete("a");
  Put("a", "v");
  EXPECT_EQ(store_->Get("a")->version, 1);
  EXPECT_EQ(store_->List(KeyRange::All(), 0)->items[0].version, 1);
}

// ---- transactions ---------------------------------------------------------------------------------------------------

TEST_P(StoreStepTest, ATransactionIsOneStep) {
  Put("a", "old");
  Put("b", "old");
  const auto watch = NewWatch("", 0);
  const auto result = store_->Transact([](Transaction& transaction) {
    EXPECT_EQ(transaction.revision(), 3);
    EXPECT_OK(transaction.Put("c", "new", 0));
    EXPECT_OK(transaction.Put("a", "new", 0));
    EXPECT_OK(transaction.Delete("b"));
    return absl::OkStatus();
  });
  EXPECT_THAT(result, base::IsOkAndHolds(3));
  EXPECT_EQ(store_->CurrentRevision(), 3);
  EXPECT_THAT(ToText(store_->List(KeyRange::All(), 0)->items), ElementsAre("a=new@3", "c=new@3"));
  EXPECT_EQ(store_->Get("a")->create_revision, 1);
  EXPECT_EQ(store_->Get("a")->version, 2);
  EXPECT_THAT(ToText(store_->List(KeyRange::All(), 0, 2)->items), ElementsAre("a=old@1", "b=old@2"));
  const auto batch = watch->Poll(1);
  EXPECT_THAT(ToText(batch->events), ElementsAre("c=new@3", "a=new@3", "-b@3"));
  EXPECT_EQ(batch->events[2]->previous->value, "old");
  EXPECT_EQ(batch->progress, 3);
}

TEST_P(StoreStepTest, ATransactionSeesItsOwnWrites) {
  Put("a", "1");
  Put("c", "1");
  ASSERT_OK(store_->Transact([](Transaction& transaction) {
    EXPECT_OK(transaction.Put("b", "2", 0));
    EXPECT_OK(transaction.Delete("a"));
    EXPECT_EQ(ToText(*transaction.Get("b")), "b=2@3");
    EXPECT_THAT(transaction.Get("a"), StatusIs(absl::StatusCode::kNotFound, "\"a\""));
    EXPECT_THAT(ToText(transaction.List(KeyRange::All(), 0)->items), ElementsAre("b=2@3", "c=1@2"));
    EXPECT_TRUE(transaction.List(KeyRange::All(), 1)->more);
    EXPECT_THAT(transaction.Put("b", "3", 0), StatusIs(absl::StatusCode::kInvalidArgument, "written twice"));
    EXPECT_THAT(transaction.Delete("b"), StatusIs(absl::StatusCode::kInvalidArgument, "written twice"));
    EXPECT_THAT(transaction.Put("", "3", 0), StatusIs(absl::StatusCode::kInvalidArgument, "empty"));
    EXPECT_THAT(transaction.Delete("x"), StatusIs(absl::StatusCode::kNotFound, "\"x\""));
    EXPECT_THAT(transaction.Put("y", "1", 99), StatusIs(absl::StatusCode::kNotFound, "lease 99"));
    return absl::OkStatus();
  }));
  EXPECT_THAT(ToText(store_->List(KeyRange::All(), 0)->items), ElementsAre("b=2@3", "c=1@2"));
}

TEST_P(StoreStepTest, AFailedTransactionLeavesNothing) {
  const auto watch = NewWatch("", 0);
  EXPECT_THAT(store_->Transact([](Transaction& transaction) {
    EXPECT_OK(transaction.Put("a", "1", 0));
    return absl::CancelledError("no");
  }),
              StatusIs(absl::StatusCode::kCancelled, "no"));
  EXPECT_EQ(store_->CurrentRevision(), 0);
  EXPECT_THAT(store_->Get("a"), StatusIs(absl::StatusCode::kNotFound, ""));
  EXPECT_THAT(watch->Poll(1)->events, IsEmpty());
}

TEST_P(StoreStepTest, ATransactionWithoutChangesTellsTheRevisionThatItRead) {
  Put("a", "1");
  EXPECT_THAT(store_->Transact([](Transaction&) { return absl::OkStatus(); }), base::IsOkAndHolds(1));
  EXPECT_EQ(store_->CurrentRevision(), 1);
}

TEST_P(StoreStepTest, TransactionsInASpanSeeTheWritesBeforeThem) {
  std::vector<Write> writes(3);
  writes[0] = {.key = "a", .value = "1"};
  writes[1].kind = Write::Kind::kTransaction;
  writes[1].body = [](Transaction& transaction) {
    EXPECT_THAT(ToText(transaction.List(KeyRange::All(), 0)->items), ElementsAre("a=1@1"));
    return transaction.Put("b", transaction.Get("a")->value, 0);
  };
  writes[2] = {.key = "b", .value = "3", .expected = 2};
  store_->Apply(absl::MakeSpan(writes));
  EXPECT_THAT(writes[1].result, base::IsOkAndHolds(2));
  EXPECT_THAT(writes[2].result, base::IsOkAndHolds(3));
}

TEST_P(StoreStepTest, WatchersGetStepsWholeHoweverTheyPoll) {
  Open(/*watch_queue_events=*/2);
  const auto queued = NewWatch("", 0);
  for (int i = 0; i < 3; ++i) {
    ASSERT_OK(store_->Transact([](Transaction& transaction) {
      for (const char* key : {"a", "b", "c"}) EXPECT_OK(transaction.Put(key, "v", 0));
      return absl::OkStatus();
    }));
  }
  const auto from_log = NewWatch("", 1);
  EXPECT_EQ(queued->Poll(1)->events.size(), 3u);
  EXPECT_EQ(queued->Poll(4)->events.size(), 6u);
  EXPECT_EQ(from_log->Poll(2)->events.size(), 3u);
  EXPECT_EQ(from_log->Poll(9)->events.size(), 3u);
  EXPECT_THAT(from_log->Poll(9)->events, IsEmpty());
}

// ---- ranges ---------------------------------------------------------------------------------------------------------

TEST_P(StoreStepTest, RangesOfAllKindsAreListedAndWatched) {
  const std::vector<KeyRange> ranges = {
      KeyRange::All(), KeyRange::Prefix("b"), KeyRange::Single("b"), {"b", "c"}, {"ba", "d"}, {"c", ""}, {"d", "b"},
      {"b", "b"}};
  std::vector<std::unique_ptr<Watch>> watches;
  for (const KeyRange& range : ranges) watches.push_back(*store_->NewWatch(range, 0, [] {}));
  const std::vector<std::string> keys = {"a", "b", "ba", "c", "d"};
  for (const std::string& key : keys) Put(key, "v");
  for (size_t i = 0; i < ranges.size(); ++i) {
    SCOPED_TRACE(absl::StrCat(ranges[i].begin, " to ", ranges[i].end));
    std::vector<std::string> wanted;
    for (const std::string& key : keys) {
      if (ranges[i].Contains(key)) wanted.push_back(key);
    }
    std::vector<std::string> listed;
    const auto list = store_->List(ranges[i], 0);
    for (const KeyValue& kv : list->items) listed.push_back(kv.key);
    EXPECT_EQ(listed, wanted);
    std::vector<std::string> watched;
    const auto batch = watches[i]->Poll(100);
    for (const EventPtr& event : batch->events) watched.push_back(event->kv.key);
    EXPECT_EQ(watched, wanted);
    EXPECT_THAT(store_->Count(ranges[i]), base::IsOkAndHolds(static_cast<int64_t>(wanted.size())));
  }
}

// ---- origins and history --------------------------------------------------------------------------------------------

TEST_P(StoreStepTest, HistoryTellsWhatWhenAndWhy) {
  ASSERT_OK(store_->Put("a", "1", 0, 0, {At(10), "ann"}));
  ASSERT_OK(store_->Put("b", "x", 0, 0, {At(11), "bob"}));
  ASSERT_OK(store_->Put("a", "2", 1, 0, {At(12), std::string("\0\xff", 2)}));
  ASSERT_OK(store_->Delete("a", 3, {At(13), "dan"}));
  ASSERT_OK(store_->Put("a", "5", 0));  // no time of its own
  EXPECT_THAT(HistoryOf("a"), ElementsAre("a=5@5 13 ", "-a@4 13 dan",
                                          absl::StrCat("a=2@3 12 ", std::string("\0\xff", 2)), "a=1@1 10 ann"));
  EXPECT_THAT(HistoryOf("a", 2), ElementsAre("a=5@5 13 ", "-a@4 13 dan"));
  EXPECT_THAT(HistoryOf("a", 0, 2), ElementsAre("a=1@1 10 ann"));
  EXPECT_THAT(HistoryOf("c"), IsEmpty());
  const auto history = store_->History("a", 0);
  EXPECT_EQ((*history)[0].event->previous, nullptr);
  EXPECT_EQ((*history)[1].event->previous->value, "2");
  EXPECT_EQ((*history)[2].event->previous->value, "1");
  EXPECT_THAT(store_->History("a", 0, 9), StatusIs(absl::StatusCode::kFailedPrecondition, "future"));
}

TEST_P(StoreStepTest, HistoryReachesBackToTheValueAtTheCompactedRevision) {
  ASSERT_OK(store_->Put("a", "1", 0, 0, {At(10), "ann"}));
  ASSERT_OK(store_->Put("a", "2", 1, 0, {At(20), "bob"}));
  ASSERT_OK(store_->Put("b", "3", 0, 0, {At(30), "cat"}));
  ASSERT_OK(store_->Put("a", "4", 2, 0, {At(40), "dan"}));
  ASSERT_OK(store_->Compact(2));
  EXPECT_THAT(HistoryOf("a"), ElementsAre("a=4@4 40 dan", "a=2@2 20 bob"));
  ASSERT_OK(store_->Compact(3));
  EXPECT_THAT(HistoryOf("a"), ElementsAre("a=4@4 40 dan", "a=2@2 0 "));
  EXPECT_THAT(store_->History("a", 0, 2), StatusIs(absl::StatusCode::kOutOfRange, ""));
  ASSERT_OK(store_->Delete("b", 3, {At(50), "eve"}));
  EXPECT_THAT(HistoryOf("b"), ElementsAre("-b@5 50 eve", "b=3@3 30 cat"));
  ASSERT_OK(store_->Compact(5));
  EXPECT_THAT(HistoryOf("b"), IsEmpty());
}

TEST_P(StoreStepTest, TheRevisionAtATimeIsTheNewestThatIsNotLater) {
  EXPECT_THAT(store_->RevisionAt(At(10)), StatusIs(absl::StatusCode::kOutOfRange, "does not reach back"));
  for (int64_t i = 1; i <= 20; ++i) ASSERT_OK(store_->Put("a", "v", kAnyRevision, 0, {At(10 * i), ""}));
  EXPECT_THAT(store_->RevisionAt(At(9)), StatusIs(absl::StatusCode::kOutOfRange, ""));
  for (int64_t i = 1; i <= 20; ++i) {
    EXPECT_THAT(store_->RevisionAt(At(10 * i)), base::IsOkAndHolds(i));
    EXPECT_THAT(store_->RevisionAt(At(10 * i + 9)), base::IsOkAndHolds(i));
  }
  EXPECT_THAT(store_->RevisionAt(absl::InfiniteFuture()), base::IsOkAndHolds(20));
  ASSERT_OK(store_->Compact(7));
  EXPECT_THAT(store_->RevisionAt(At(69)), StatusIs(absl::StatusCode::kOutOfRange, "is 7"));
  EXPECT_THAT(store_->RevisionAt(At(70)), base::IsOkAndHolds(7));
}

TEST_P(StoreStepTest, OriginsSurviveAReopening) {
  if (!GetParam().persistent) GTEST_SKIP();
  ASSERT_OK(store_->Put("a", "1", 0, 0, {At(10), "ann"}));
  Open();
  ASSERT_OK(store_->Put("a", "2", 1));
  EXPECT_THAT(HistoryOf("a"), ElementsAre("a=2@2 10 ", "a=1@1 10 ann"));
}

TEST_P(StoreStepTest, StatsCountTheHistoryThatCompactionFrees) {
  const std::string value(1000, 'x');
  EXPECT_EQ(store_->GetStats()->history_bytes, 0);
  EXPECT_THAT(store_->RevisionKeeping(0), base::IsOkAndHolds(0));
  for (int i = 0; i < 10; ++i) Put("a", value);
  const auto watch = NewWatch("", 0);
  const auto stats = store_->GetStats();
  ASSERT_OK(stats);
  EXPECT_EQ(stats->current, 10);
  EXPECT_EQ(stats->watchers, 1);
  EXPECT_GT(stats->disk_bytes, 1000);
  EXPECT_FALSE(stats->refuses_puts);
  EXPECT_GT(stats->history_bytes, 9'000);
  EXPECT_LT(stats->history_bytes, 11'000);
  EXPECT_THAT(store_->RevisionKeeping(1'000'000), base::IsOkAndHolds(1));
  EXPECT_THAT(store_->RevisionKeeping(4'500), base::IsOkAndHolds(6));
  EXPECT_THAT(store_->RevisionKeeping(0), base::IsOkAndHolds(10));
  ASSERT_OK(store_->Compact(6));
  EXPECT_THAT(store_->RevisionKeeping(1'000'000), base::IsOkAndHolds(6));
  EXPECT_THAT(store_->RevisionKeeping(2'500), base::IsOkAndHolds(8));
  EXPECT_EQ(store_->GetStats()->compacted, 6);
  EXPECT_GT(store_->GetStats()->history_bytes, 4'000);
  EXPECT_LT(store_->GetStats()->history_bytes, 5'000);
  ASSERT_OK(store_->Compact(10));
  EXPECT_EQ(store_->GetStats()->history_bytes, 0);
}

}  // namespace
}  // namespace kubelite::store
