#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <optional>
#include <vector>

#include "common/base/executor.h"
#include "common/base/simulated_executor.h"
#include "common/base/thread_pool.h"

namespace kubelite::base {
namespace {

using ::testing::ElementsAre;

// Meaningful under ThreadSanitizer: the counter and the log are guarded by nothing but the strand.
TEST(StrandTest, SerialisesTasksOfManyThreadsInOrder) {
  constexpr int kProducers = 8;
  constexpr int kTasks = 1000;
  ThreadPool pool(4);
  Strand strand(&pool);
  int count = 0;
  std::vector<int> last(kProducers, -1);
  bool ordered = true;
  std::latch done(kProducers * kTasks);
  for (int producer = 0; producer < kProducers; ++producer) {
    pool.Post([&, producer] {
      for (int i = 0; i < kTasks; ++i) {
        strand.Post([&, producer, i] {
          ++count;
          ordered &= last[producer] == i - 1;
          last[producer] = i;
          done.count_down();
        });
      }
    });
  }
  done.wait();
  std::latch read(1);
  strand.Post([&] {
    EXPECT_EQ(count, kProducers * kTasks);
    EXPECT_TRUE(ordered);
    read.count_down();
  });
  read.wait();
}

TEST(StrandTest, TimersAndTasksExcludeEachOther) {
  constexpr int kEach = 500;
  ThreadPool pool(4);
  Strand strand(&pool);
  int count = 0;
  std::latch done(2 * kEach);
  for (int i = 0; i < kEach; ++i) {
    strand.PostAfter(absl::Microseconds(i), [&] {
      ++count;
      done.count_down();
    });
    strand.Post([&] {
      ++count;
      done.count_down();
    });
  }
  done.wait();
  std::latch read(1);
  strand.Post([&] {
    EXPECT_EQ(count, 2 * kEach);
    read.count_down();
  });
  read.wait();
}

TEST(StrandTest, LetsOthersRunOnABusyExecutor) {
  ThreadPool pool(1);
  Strand busy(&pool);
  Strand other(&pool);
  int before = 0;  // one worker: no lock needed
  int at_other = -1;
  std::latch done(101);
  std::latch posted(1);
  pool.Post([&] { posted.wait(); });
  for (int i = 0; i < 100; ++i) {
    busy.Post([&] {
      ++before;
      done.count_down();
    });
  }
  other.Post([&] {
    at_other = before;
    done.count_down();
  });
  posted.count_down();
  done.wait();
  EXPECT_LE(at_other, 16);
}

TEST(StrandTest, DestructionWaitsForTheRunningTaskAndDropsOthers) {
  ThreadPool pool(2);
  auto closure = std::make_shared<int>();
  std::latch started(1);
  std::latch release(1);
  bool finished = false;
  std::atomic<bool> dropped_ran{false};
  {
    std::optional<Strand> strand(std::in_place, &pool);
    strand->Post([&] {
      started.count_down();
      release.wait();
      finished = true;
    });
    started.wait();
    strand->Post([&, closure] { dropped_ran = true; });
    strand->PostAfter(absl::Hours(1), [closure] {});
    // The destructor below is already waiting, or about to, when the other worker releases the task.
    pool.Post([&] { release.count_down(); });
  }
  EXPECT_TRUE(finished);
  EXPECT_FALSE(dropped_ran);
  EXPECT_EQ(closure.use_count(), 1);
}

TEST(StrandTest, MayBeDestroyedByItsOwnTask) {
  ThreadPool pool(2);
  std::latch done(1);
  std::atomic<bool> dropped_ran{false};
  auto strand = std::make_unique<Strand>(&pool);
  Strand* const raw = strand.get();
  std::latch ready(1);
  raw->Post([&] {
    ready.wait();
    strand.reset();
    done.count_down();
  });
  raw->Post([&] { dropped_ran = true; });
  ready.count_down();
  done.wait();
  EXPECT_FALSE(dropped_ran);
}

TEST(StrandTest, SurvivesDestructionAmidPostsAndTimers) {
  ThreadPool pool(4);
  for (int round = 0; round < 200; ++round) {
    auto alive = std::make_shared<std::atomic<bool>>(true);
    auto strand = std::make_unique<Strand>(&pool);
    std::latch posted(2);
    for (int producer = 0; producer < 2; ++producer) {
      pool.Post([&, alive] {
        for (int i = 0; i < 20; ++i) {
          strand->Post([alive] { EXPECT_TRUE(*alive); });
          strand->PostAfter(absl::Microseconds(i), [alive] { EXPECT_TRUE(*alive); });
        }
        posted.count_down();
      });
    }
    posted.wait();
    strand.reset();
    *alive = false;  // no task may run from here on
  }
}

TEST(StrandTest, CancelWorksUntilTheTaskStarts) {
  SimulatedExecutor executor(1);
  Strand strand(&executor);
  std::vector<std::string> ran;
  TimerId second = 0;
  const TimerId never = strand.PostAfter(absl::Seconds(1), [&] { ran.push_back("never"); });
  strand.PostAt(executor.clock().Now() + absl::Seconds(2), [&] {
    ran.push_back("first");
    EXPECT_TRUE(strand.Cancel(second));
  });
  second = strand.PostAfter(absl::Seconds(3), [&] { ran.push_back("second"); });
  EXPECT_TRUE(strand.Cancel(never));
  EXPECT_FALSE(strand.Cancel(never));
  EXPECT_FALSE(strand.Cancel(0));
  executor.Advance(absl::Seconds(5));
  EXPECT_THAT(ran, ElementsAre("first"));
  EXPECT_EQ(strand.executor(), &executor);
  EXPECT_EQ(&strand.clock(), &executor.clock());
}

TEST(StrandTest, QueuedTimerCanStillBeCancelled) {
  SimulatedExecutor executor(1);
  Strand strand(&executor);
  bool ran = false;
  strand.Post([&] {
    const TimerId due = strand.PostAt(executor.clock().Now(), [&] { ran = true; });
    executor.Settle();  // the timer is now queued behind this task
    EXPECT_TRUE(strand.Cancel(due));
  });
  executor.Settle();
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace kubelite::base
