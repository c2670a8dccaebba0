#include "store/watch_hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/mutex.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class WatchHubTest : public testing::Test {
 protected:
  // Publishes the next revisions, one event each.
  void Publish(const std::vector<std::string>& keys) {
    std::vector<EventPtr> events;
    {
      base::MutexLock lock(&mutex_);
      for (const std::string& key : keys) {
        auto event = std::make_shared<Event>();
        event->kv.key = key;
        event->kv.mod_revision = static_cast<Revision>(log_.size()) + 1;
        log_.push_back(event);
        events.push_back(std::move(event));
      }
    }
    WatchHub::Wake(hub_.Publish(events));
  }

  absl::StatusOr<LogSlice> ReadLog(const KeyRange& range, Revision after, Revision up_to, size_t max) {
    if (const auto publish = std::exchange(during_read_, nullptr)) publish();
    base::MutexLock lock(&mutex_);
    ++log_reads_;
    LogSlice slice;
    slice.scanned_to = after;
    while (slice.scanned_to < up_to && slice.events.size() < max) {
      const EventPtr& event = log_[static_cast<size_t>(slice.scanned_to++)];
      if (range.Contains(event->kv.key)) slice.events.push_back(event);
    }
    return slice;
  }

  static std::vector<Revision> Revisions(Watch* watch, size_t max = 100) {
    const auto batch = watch->Poll(max);
    EXPECT_OK(batch);
    std::vector<Revision> revisions;
    for (const EventPtr& event : batch->events) revisions.push_back(event->revision());
    return revisions;
  }

  base::Mutex mutex_;
  std::vector<EventPtr> log_ ABSL_GUARDED_BY(mutex_);
  int log_reads_ = 0;
  std::function<void()> during_read_;  // runs once, while the log is being read
  WatchHub hub_{0, 3, [this](const KeyRange& range, Revision after, Revision up_to, size_t max) {
                  return ReadLog(range, after, up_to, max);
                }};
};

TEST_F(WatchHubTest, EventsAreSharedNotCopied) {
  const auto a = hub_.Add(KeyRange::Prefix("k"), 0, nullptr);
  const auto b = hub_.Add(KeyRange::All(), 0, nullptr);
  Publish({"k"});
  EXPECT_EQ(a->Poll(1)->events[0], b->Poll(1)->events[0]);
}

TEST_F(WatchHubTest, LiveWatchersDoNotReadTheLog) {
  const auto watch = hub_.Add(KeyRange::All(), 0, nullptr);
  for (int i = 0; i < 5; ++i) {
    Publish({"a", "b", "c"});
    EXPECT_EQ(Revisions(watch.get()).size(), 3u);
  }
  EXPECT_EQ(log_reads_, 0);
}

TEST_F(WatchHubTest, AnOverflowIsReadFromTheLogOnceAndThenTheQueueServesAgain) {
  const auto watch = hub_.Add(KeyRange::All(), 0, nullptr);
  Publish({"a", "b", "c", "d"});
  EXPECT_THAT(Revisions(watch.get()), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(log_reads_, 1);
  Publish({"a"});
  EXPECT_THAT(Revisions(watch.get()), ElementsAre(5));
  EXPECT_EQ(log_reads_, 1);
}

TEST_F(WatchHubTest, ChangesPublishedWhileTheLogIsReadAreNotLost) {
  const auto watch = hub_.Add(KeyRange::All(), 0, nullptr);
  Publish({"a", "b", "c", "d"});
  during_read_ = [&] { Publish({"e", "f"}); };
  EXPECT_THAT(Revisions(watch.get()), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(log_reads_, 2);
  Publish({"g"});
  EXPECT_THAT(Revisions(watch.get()), ElementsAre(7));
}

TEST_F(WatchHubTest, OtherChangesPublishedWhileTheLogIsReadDoNotHoldTheWatcherBack) {
  const auto watch = hub_.Add(KeyRange::Prefix("a"), 0, nullptr);
  Publish({"a", "a", "a", "a"});
  during_read_ = [&] { Publish({"b"}); };
  const auto batch = watch->Poll(10);
  ASSERT_OK(batch);
  EXPECT_EQ(batch->events.size(), 4u);
  EXPECT_EQ(batch->progress, 5);
  EXPECT_EQ(log_reads_, 1);
}

TEST_F(WatchHubTest, AWatchFromAboveThePublishedRevisionSkipsWhatLiesBelow) {
  // The durable revision is ahead of the published one while a group is being published.
  const auto watch = hub_.Add(KeyRange::All(), 2, nullptr);
  Publish({"a"});
  EXPECT_EQ(watch->Poll(10)->progress, 2);
  Publish({"b", "c"});
  EXPECT_THAT(Revisions(watch.get()), ElementsAre(3));
}

TEST_F(WatchHubTest, PrefixesOfAllLengthsMatch) {
  const auto empty = hub_.Add(KeyRange::All(), 0, nullptr);
  const auto one = hub_.Add(KeyRange::Prefix("a"), 0, nullptr);
  const auto two = hub_.Add(KeyRange::Prefix("ab"), 0, nullptr);
  const auto other = hub_.Add(KeyRange::Prefix("b"), 0, nullptr);
  const auto longer = hub_.Add(KeyRange::Prefix("abcd"), 0, nullptr);
  Publish({"abc", "a", "b"});
  EXPECT_THAT(Revisions(empty.get()), ElementsAre(1, 2, 3));
  EXPECT_THAT(Revisions(one.get()), ElementsAre(1, 2));
  EXPECT_THAT(Revisions(two.get()), ElementsAre(1));
  EXPECT_THAT(Revisions(other.get()), ElementsAre(3));
  EXPECT_THAT(Revisions(longer.get()), IsEmpty());
}

TEST_F(WatchHubTest, RangesThatAreNoPrefixesMatch) {
  const auto single = hub_.Add(KeyRange::Single("ab"), 0, nullptr);
  const auto open = hub_.Add({"b", ""}, 0, nullptr);
  const auto some = hub_.Add({"ab", "ba"}, 0, nullptr);
  auto ended = hub_.Add({"ab", "ba"}, 0, nullptr);
  EXPECT_EQ(hub_.watchers(), 4u);
  ended.reset();
  EXPECT_EQ(hub_.watchers(), 3u);
  Publish({"ab", "aba", "b", "ba"});
  EXPECT_THAT(Revisions(single.get()), ElementsAre(1));
  EXPECT_THAT(Revisions(open.get()), ElementsAre(3, 4));
  EXPECT_THAT(Revisions(some.get()), ElementsAre(1, 2, 3));
}

TEST_F(WatchHubTest, ManyWatchersEachGetTheirOwnOfOneSharedEvent) {
  constexpr int kPrefixes = 10'000;
  std::vector<std::unique_ptr<Watch>> apart;
  for (int i = 0; i < kPrefixes; ++i) {
    apart.push_back(hub_.Add(KeyRange::Prefix(absl::StrCat("/", i, "/")), 0, nullptr));
  }
  std::vector<std::unique_ptr<Watch>> together;
  for (int i = 0; i < 1000; ++i) together.push_back(hub_.Add(KeyRange::Prefix("/7/"), 0, nullptr));
  Publish({"/7/a", "/9999/a", "/70/a"});
  const EventPtr shared = apart[7]->Poll(10)->events.at(0);
  for (const auto& watch : together) {
    const auto batch = watch->Poll(10);
    ASSERT_EQ(batch->events.size(), 1u);
    ASSERT_EQ(batch->events[0], shared);
  }
  EXPECT_THAT(Revisions(apart[9999].get()), ElementsAre(2));
  EXPECT_THAT(Revisions(apart[70].get()), ElementsAre(3));
  EXPECT_THAT(Revisions(apart[8].get()), IsEmpty());
  EXPECT_EQ(log_reads_, 0);
}

TEST_F(WatchHubTest, PollOfNothingChangesNothing) {
  const auto watch = hub_.Add(KeyRange::All(), 0, nullptr);
  Publish({"a"});
  EXPECT_THAT(Revisions(watch.get(), 0), IsEmpty());
  Publish({"b", "c", "d"});
  EXPECT_THAT(Revisions(watch.get(), 0), IsEmpty());
  EXPECT_THAT(Revisions(watch.get()), ElementsAre(1, 2, 3, 4));
}

TEST_F(WatchHubTest, EndingAWatchWaitsForItsCallback) {
  std::atomic<bool> inside = false;
  std::atomic<bool> finish = false;
  std::atomic<bool> left = false;
  auto watch = hub_.Add(KeyRange::All(), 0, [&] {
    inside = true;
    while (!finish) std::this_thread::yield();
    left = true;
  });
  std::thread publisher([&] { Publish({"a"}); });
  while (!inside) std::this_thread::yield();
  std::thread ender([&] {
    watch.reset();
    EXPECT_TRUE(left);
  });
  finish = true;
  publisher.join();
  ender.join();
}

TEST_F(WatchHubTest, NoWakeUpIsLostWhilePublishingAndPollingRace) {
  constexpr Revision kLast = 20'000;
  base::Mutex mutex;
  base::CondVar changed;
  bool ready = false;
  const auto watch = hub_.Add(KeyRange::Prefix("k"), 0, [&] {
    base::MutexLock lock(&mutex);
    ready = true;
    changed.Signal();
  });
  std::thread publisher([&] {
    for (Revision revision = 0; revision < kLast; revision += 2) Publish({"k", "k"});
  });
  // Hangs when a wake-up is lost.
  for (Revision progress = 0; progress < kLast;) {
    const auto batch = watch->Poll(3);
    ASSERT_OK(batch);
    progress = batch->progress;
    if (batch->events.size() == 3 || progress == kLast) continue;
    base::MutexLock lock(&mutex);
    while (!ready) changed.Wait(&mutex);
    ready = false;
  }
  publisher.join();
}

// The publisher contends for the watcher's lock between the two things that a poll looks at.
TEST_F(WatchHubTest, ThePollThatMissesAChangeIsFollowedByAWakeUp) {
  constexpr int kRounds = 10'000;
  WatchHub hub(0, 1000, [](const KeyRange&, Revision, Revision, size_t) { return LogSlice(); });
  std::atomic<int> wakeups = 0;
  const auto watch = hub.Add(KeyRange::Prefix("k"), 0, [&] { ++wakeups; });
  Revision last = 0;
  const auto publish = [&](int changes) {
    std::vector<EventPtr> events;
    for (int i = 0; i < changes; ++i) {
      auto event = std::make_shared<Event>();
      event->kv.key = "k";
      event->kv.mod_revision = ++last;
      events.push_back(std::move(event));
    }
    WatchHub::Wake(hub.Publish(events));
  };
  std::atomic<int> begun = 0;
  std::atomic<int> published = 0;
  std::thread publisher([&] {
    for (int round = 1; round <= kRounds; ++round) {
      while (begun < round) std::this_thread::yield();
      publish(100);
      published = round;
    }
  });
  for (int round = 1; round <= kRounds; ++round) {
    publish(1);  // wakes: the next change alone does not
    const int before = wakeups;
    begun = round;
    for (std::atomic<int> moment = round % 5000; moment > 0; --moment) {
    }
    EXPECT_OK(watch->Poll(1000));
    while (published < round) std::this_thread::yield();
    const auto rest = watch->Poll(1000);
    EXPECT_OK(rest);
    EXPECT_TRUE(rest->events.empty() || wakeups > before) << "round " << round;
  }
  publisher.join();
}

TEST_F(WatchHubTest, NoGapOrDuplicateWhilePublishingAndPollingRace) {
  constexpr Revision kLast = 6000;
  const auto watch = hub_.Add(KeyRange::Prefix("k"), 0, nullptr);
  std::thread publisher([&] {
    for (Revision revision = 0; revision < kLast; revision += 3) Publish({"k", "other", "k"});
  });
  Revision progress = 0;
  Revision expected = 1;
  while (progress < kLast) {
    const auto batch = watch->Poll(4);
    ASSERT_OK(batch);
    for (const EventPtr& event : batch->events) {
      ASSERT_EQ(event->revision(), expected);
      expected += expected % 3 == 1 ? 2 : 1;
    }
    ASSERT_GE(batch->progress, progress);
    ASSERT_LT(batch->progress, expected);  // never past an event that was not delivered
    progress = batch->progress;
  }
  publisher.join();
  EXPECT_EQ(expected, kLast + 1);
}

}  // namespace
}  // namespace kubelite::store
