#include "common/base/simulated_executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace kubelite::base {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

// The order in which ten ready tasks and their followers run.
std::vector<int> OrderWithSeed(uint64_t seed) {
  SimulatedExecutor executor(seed);
  std::vector<int> order;
  for (int i = 0; i < 10; ++i) {
    executor.Post([&order, &executor, i] {
      order.push_back(i);
      executor.PostAfter(absl::Seconds(1), [&order, i] { order.push_back(100 + i); });
    });
  }
  executor.Advance(absl::Seconds(1));
  return order;
}

TEST(SimulatedExecutorTest, TheSeedDecidesTheOrder) {
  EXPECT_EQ(OrderWithSeed(1).size(), 20u);
  EXPECT_EQ(OrderWithSeed(1), OrderWithSeed(1));
  EXPECT_NE(OrderWithSeed(1), OrderWithSeed(2));
}

TEST(SimulatedExecutorTest, NothingRunsOutsideSettleAndAdvance) {
  SimulatedExecutor executor(1);
  int runs = 0;
  executor.Post([&] {
    ++runs;
    executor.Post([&] { ++runs; });
    EXPECT_EQ(runs, 1);  // never inside Post
  });
  EXPECT_EQ(runs, 0);
  executor.Settle();
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(executor.tasks_run(), 2);
}

TEST(SimulatedExecutorTest, TimeStopsAtEachTimer) {
  SimulatedExecutor executor(1);
  const absl::Time start = executor.clock().Now();
  EXPECT_EQ(absl::FormatTime(start, absl::UTCTimeZone()), "2030-01-01T00:00:00+00:00");
  std::vector<absl::Duration> seen;
  for (const int seconds : {5, 1, 3, 11}) {
    executor.PostAfter(absl::Seconds(seconds), [&] { seen.push_back(executor.clock().Now() - start); });
  }
  executor.PostAt(start - absl::Seconds(1), [&] { seen.push_back(absl::ZeroDuration()); });
  executor.Advance(absl::Seconds(10));
  EXPECT_THAT(seen, ElementsAre(absl::ZeroDuration(), absl::Seconds(1), absl::Seconds(3), absl::Seconds(5)));
  EXPECT_EQ(executor.clock().Now(), start + absl::Seconds(10));
}

TEST(SimulatedExecutorTest, CancelForgetsTimersThatHaveNotStarted) {
  SimulatedExecutor executor(1);
  std::vector<std::string> ran;
  auto closure = std::make_shared<int>();
  const TimerId later = executor.PostAfter(absl::Seconds(1), [&, closure] { ran.push_back("later"); });
  EXPECT_EQ(closure.use_count(), 2);
  EXPECT_TRUE(executor.Cancel(later));
  EXPECT_EQ(closure.use_count(), 1);
  EXPECT_FALSE(executor.Cancel(later));
  EXPECT_FALSE(executor.Cancel(0));
  // Two timers due at once: whichever runs first cancels the other.
  TimerId a = 0;
  TimerId b = 0;
  a = executor.PostAfter(absl::Seconds(2), [&] { ran.push_back(executor.Cancel(b) ? "a" : "both"); });
  b = executor.PostAfter(absl::Seconds(2), [&] { ran.push_back(executor.Cancel(a) ? "b" : "both"); });
  executor.Advance(absl::Seconds(2));
  EXPECT_THAT(ran, ElementsAre(::testing::AnyOf("a", "b")));
  EXPECT_FALSE(executor.Cancel(a) || executor.Cancel(b));
}

TEST(SimulatedExecutorTest, AdvanceUntilStopsWhenTheConditionHolds) {
  SimulatedExecutor executor(1);
  const absl::Time start = executor.clock().Now();
  int ticks = 0;
  std::function<void()> tick = [&] {
    ++ticks;
    executor.PostAfter(absl::Minutes(1), [&] { tick(); });
  };
  executor.Post([&] { tick(); });
  EXPECT_TRUE(executor.AdvanceUntil([&] { return ticks == 6; }, absl::Hours(1)));
  EXPECT_EQ(executor.clock().Now() - start, absl::Minutes(5));
  EXPECT_FALSE(executor.AdvanceUntil([] { return false; }, absl::Seconds(90)));
  EXPECT_EQ(executor.clock().Now() - start, absl::Seconds(390));
  EXPECT_FALSE(SimulatedExecutor(1).AdvanceUntil([] { return false; }, absl::InfiniteDuration()));
}

TEST(SimulatedExecutorTest, AMonthOfTicksPassesQuickly) {
  SimulatedExecutor executor(1);
  int64_t ticks = 0;
  std::function<void()> tick = [&] {
    ++ticks;
    executor.PostAfter(absl::Minutes(1), [&] { tick(); });
  };
  executor.Post([&] { tick(); });
  executor.Advance(absl::Hours(24 * 30));
  EXPECT_EQ(ticks, 24 * 30 * 60 + 1);
}

TEST(SimulatedExecutorDeathTest, LivelockCrashes) {
  SimulatedExecutor executor(1);
  std::function<void()> again = [&] { executor.Post([&] { again(); }); };
  again();
  EXPECT_DEATH(executor.Settle(1000), "livelock");
}

TEST(SimulatedExecutorTest, StrandsKeepTheirOrderUnderEverySeed) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SimulatedExecutor executor(seed);
    Strand first(&executor);
    Strand second(&executor);
    std::vector<int> order;
    for (int i = 0; i < 40; ++i) {
      first.Post([&, i] { order.push_back(i); });
      second.Post([&, i] { order.push_back(1000 + i); });
    }
    executor.Settle();
    ASSERT_EQ(order.size(), 80u);
    EXPECT_TRUE(std::is_sorted(order.begin(),
                               std::stable_partition(order.begin(), order.end(), [](int v) { return v < 1000; })));
  }
}

TEST(SimulatedExecutorTest, DestructionDropsClosuresThatOwnStrands) {
  auto closure = std::make_shared<int>();
  {
    SimulatedExecutor executor(1);
    auto strand = std::make_shared<Strand>(&executor);
    strand->PostAfter(absl::Seconds(1), [closure] {});
    executor.Post([strand, closure] {});
  }
  EXPECT_EQ(closure.use_count(), 1);
}

TEST(FakeClockTest, MovesOnlyWhenTold) {
  FakeClock clock(absl::UnixEpoch());
  clock.Advance(absl::Seconds(2));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(2));
  clock.Set(absl::FromUnixSeconds(9));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(9));
}

}  // namespace
}  // namespace kubelite::base
