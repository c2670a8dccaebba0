// The contract of store/store.h: watches.

#include <atomic>

#include "store/store.h"
#include "tests/contract/store_fixture.h"

namespace kubelite::store {
namespace {

using base::StatusIs;
using testing::ElementsAre;
using testing::IsEmpty;

class StoreWatchTest : public StoreContract {
 protected:
  // Everything the watch has, in polls of `max`.
  static std::vector<EventPtr> Drain(Watch* watch, size_t max = 100, Revision* progress = nullptr) {
    std::vector<EventPtr> events;
    while (true) {
      const auto batch = watch->Poll(max);
      EXPECT_OK(batch);
      if (!batch.ok()) return events;
      EXPECT_LE(batch->events.size(), max);
      events.insert(events.end(), batch->events.begin(), batch->events.end());
      if (progress != nullptr) *progress = batch->progress;
      if (batch->events.size() < max) return events;
    }
  }
};
INSTANTIATE_STORE_CONTRACT(StoreWatchTest);

TEST_P(StoreWatchTest, DeliversMatchingChangesInOrder) {
  const auto watch = NewWatch("/a/", 0);
  Put("/a/1", "x");
  Put("/b/1", "x");
  Put("/a/1", "y");
  Put("/a", "x");
  Delete("/a/1");
  Revision progress = 0;
  EXPECT_THAT(ToText(Drain(watch.get(), 100, &progress)), ElementsAre("/a/1=x@1", "/a/1=y@3", "-/a/1@5"));
  EXPECT_EQ(progress, 5);
  EXPECT_THAT(Drain(watch.get()), IsEmpty());
}

TEST_P(StoreWatchTest, EventsCarryTheValueBefore) {
  const auto watch = NewWatch("", 0);
  Put("a", "1");
  Put("a", "2");
  Delete("a");
  Put("a", "4");
  for (const auto& events : {Drain(watch.get()), Drain(NewWatch("", 1).get())}) {
    ASSERT_GE(events.size(), 3u);
    const size_t n = events.size();
    EXPECT_EQ(events[n - 1]->previous, nullptr);
    EXPECT_EQ(events[n - 1]->kv.create_revision, 4);
    ASSERT_NE(events[n - 2]->previous, nullptr);
    EXPECT_EQ(ToText(*events[n - 2]->previous), "a=2@2");
    EXPECT_EQ(events[n - 2]->previous->create_revision, 1);
    ASSERT_NE(events[n - 3]->previous, nullptr);
    EXPECT_EQ(ToText(*events[n - 3]->previous), "a=1@1");
  }
}

TEST_P(StoreWatchTest, FromNowOnSkipsThePast) {
  Put("a", "1");
  const auto watch = NewWatch("", 0);
  EXPECT_THAT(Drain(watch.get()), IsEmpty());
  Put("a", "2");
  EXPECT_THAT(ToText(Drain(watch.get())), ElementsAre("a=2@2"));
}

TEST_P(StoreWatchTest, ResumesAfterAnyRetainedRevision) {
  for (int i = 1; i <= 6; ++i) Put(absl::StrCat("k", i % 2), absl::StrCat(i));
  EXPECT_THAT(ToText(Drain(NewWatch("", 3).get())), ElementsAre("k0=4@4", "k1=5@5", "k0=6@6"));
  EXPECT_THAT(ToText(Drain(NewWatch("k1", 1).get(), 1)), ElementsAre("k1=3@3", "k1=5@5"));
  EXPECT_THAT(Drain(NewWatch("", 6).get()), IsEmpty());
}

TEST_P(StoreWatchTest, ResumesAfterReopening) {
  if (!GetParam().persistent) GTEST_SKIP();
  Put("a", "1");
  Put("a", "2");
  Open();
  const auto watch = NewWatch("", 1);
  Put("a", "3");
  EXPECT_THAT(ToText(Drain(watch.get())), ElementsAre("a=2@2", "a=3@3"));
}

TEST_P(StoreWatchTest, BacklogAndNewChangesJoinWithoutGapOrDuplicate) {
  for (int i = 1; i <= 5; ++i) Put("a", absl::StrCat(i));
  const auto watch = NewWatch("", 2);
  Put("a", "6");
  EXPECT_THAT(ToText(watch->Poll(2)->events), ElementsAre("a=3@3", "a=4@4"));
  Put("a", "7");
  EXPECT_THAT(ToText(watch->Poll(2)->events), ElementsAre("a=5@5", "a=6@6"));
  Put("a", "8");
  EXPECT_THAT(ToText(watch->Poll(3)->events), ElementsAre("a=7@7", "a=8@8"));
  Put("a", "9");
  EXPECT_THAT(ToText(watch->Poll(3)->events), ElementsAre("a=9@9"));
}

TEST_P(StoreWatchTest, AnOverflowingWatcherIsFedFromTheLog) {
  Open(/*watch_queue_events=*/4);
  const auto watch = NewWatch("a", 0);
  std::vector<std::string> expected;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 3 + 2 * round; ++i) {
      Put("b", "noise");
      expected.push_back(absl::StrCat("a=", i, "@", Put("a", absl::StrCat(i))));
    }
    EXPECT_EQ(ToText(Drain(watch.get(), 3)), expected) << "round " << round;
    expected.clear();
  }
}

TEST_P(StoreWatchTest, ProgressTellsWhatWasDelivered) {
  Open(/*watch_queue_events=*/2);
  const auto watch = NewWatch("a", 0);
  Put("b", "x");
  EXPECT_EQ(watch->Poll(10)->progress, 1);
  Put("a", "1");
  Put("a", "2");
  Put("b", "y");
  EXPECT_EQ(watch->Poll(1)->progress, 2);
  EXPECT_EQ(watch->Poll(10)->progress, 4);
  for (int i = 0; i < 4; ++i) Put("a", "3");
  Put("b", "z");
  EXPECT_EQ(watch->Poll(2)->progress, 6);
  EXPECT_EQ(watch->Poll(10)->progress, 9);
}

TEST_P(StoreWatchTest, StartingBelowTheCompactedRevisionIsOutOfRange) {
  for (int i = 1; i <= 5; ++i) Put("a", absl::StrCat(i));
  EXPECT_OK(store_->Compact(4));
  EXPECT_THAT(store_->NewWatch(KeyRange::All(), 2, nullptr), StatusIs(absl::StatusCode::kOutOfRange, "4"));
  EXPECT_THAT(ToText(Drain(NewWatch("", 3).get())), ElementsAre("a=4@4", "a=5@5"));
  EXPECT_THAT(ToText(Drain(NewWatch("", 4).get())), ElementsAre("a=5@5"));
}

TEST_P(StoreWatchTest, AWatcherThatIsBehindTheCompactedRevisionEnds) {
  Open(/*watch_queue_events=*/2);
  const auto behind = NewWatch("", 0);
  const auto live = NewWatch("b", 0);
  for (int i = 1; i <= 5; ++i) Put("a", absl::StrCat(i));
  EXPECT_OK(store_->Compact(4));
  EXPECT_THAT(behind->Poll(10), StatusIs(absl::StatusCode::kOutOfRange, "compacted"));
  EXPECT_THAT(behind->Poll(10), StatusIs(absl::StatusCode::kOutOfRange, "compacted"));
  EXPECT_THAT(Drain(live.get()), IsEmpty());
}

TEST_P(StoreWatchTest, QueuedChangesOutliveCompaction) {
  const auto watch = NewWatch("", 0);
  for (int i = 1; i <= 3; ++i) Put("a", absl::StrCat(i));
  EXPECT_OK(store_->Compact(3));
  EXPECT_THAT(ToText(Drain(watch.get())), ElementsAre("a=1@1", "a=2@2", "a=3@3"));
}

TEST_P(StoreWatchTest, OnReadyIsCalledOncePerDrain) {
  int ready = 0;
  const auto watch = NewWatch("a", 0, [&] { ++ready; });
  Put("b", "1");
  EXPECT_EQ(ready, 0);
  Put("a", "1");
  Put("a", "2");
  EXPECT_EQ(ready, 1);
  EXPECT_EQ(watch->Poll(1)->events.size(), 1u);  // not drained: the caller will poll again anyway
  Put("a", "3");
  EXPECT_EQ(ready, 1);
  EXPECT_EQ(watch->Poll(10)->events.size(), 2u);
  Put("a", "4");
  EXPECT_EQ(ready, 2);
}

TEST_P(StoreWatchTest, EndedWatchesAreNotCalled) {
  int ready = 0;
  auto watch = NewWatch("a", 0, [&] { ++ready; });
  const auto other = NewWatch("a", 0, [&] { ready += 100; });
  watch.reset();
  Put("a", "1");
  EXPECT_EQ(ready, 100);
}

TEST_P(StoreWatchTest, ManyPrefixesEachGetTheirOwn) {
  std::vector<std::unique_ptr<Watch>> watches;
  for (int i = 0; i < 300; ++i) watches.push_back(NewWatch(absl::StrCat("/ns", i, "/"), 0));
  const auto all = NewWatch("", 0);
  const auto exact = NewWatch("/ns7/pod", 0);
  for (int i = 0; i < 300; ++i) Put(absl::StrCat("/ns", i, "/pod"), "x");
  for (int i = 0; i < 300; ++i) {
    EXPECT_THAT(ToText(Drain(watches[i].get())), ElementsAre(absl::StrCat("/ns", i, "/pod=x@", i + 1)));
  }
  EXPECT_EQ(Drain(all.get()).size(), 300u);
  EXPECT_EQ(Drain(exact.get()).size(), 1u);
}

TEST_P(StoreWatchTest, ClosingTheStoreWakesAndEndsWatches) {
  int ready = 0;
  const auto watch = NewWatch("", 0, [&] { ++ready; });
  store_.reset();
  EXPECT_EQ(ready, 1);
  EXPECT_THAT(watch->Poll(10), StatusIs(absl::StatusCode::kUnavailable, "closed"));
}

}  // namespace
}  // namespace kubelite::store
