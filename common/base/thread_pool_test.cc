#include "common/base/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <vector>

#include "common/base/mutex.h"
#include "common/base/random.h"

namespace kubelite::base {
namespace {

TEST(ThreadPoolTest, RunsTasksOnSeveralThreads) {
  ThreadPool pool(2);
  std::latch both(2);  // passes only when two tasks run at the same time
  std::latch done(2);
  for (int i = 0; i < 2; ++i) {
    pool.Post([&] {
      both.arrive_and_wait();
      done.count_down();
    });
  }
  done.wait();
}

// More than the thread that posts goes on with itself; also of a pool that is not its own.
TEST(ThreadPoolTest, WhatABatchPostsRuns) {
  ThreadPool pool(2);
  ThreadPool other(1);
  std::latch both(2);
  std::latch done(5);
  pool.Post([&] {
    const ThreadPool::WakeBatch batch;
    for (int i = 0; i < 2; ++i) {
      pool.Post([&] {
        both.arrive_and_wait();
        done.count_down();
      });
    }
    const ThreadPool::WakeBatch inner;
    for (ThreadPool* target : {&pool, &other, &other}) target->Post([&] { done.count_down(); });
  });
  done.wait();
}

TEST(ThreadPoolTest, TimersRunInOrderAndNotEarly) {
  ThreadPool pool(1);
  const absl::Time start = pool.clock().Now();
  std::vector<int> order;  // one worker: no lock needed
  std::vector<absl::Duration> early;
  std::latch done(4);
  for (const int ms : {30, 10, 20, -5}) {
    pool.PostAt(start + absl::Milliseconds(ms), [&, ms] {
      order.push_back(ms);
      if (pool.clock().Now() < start + absl::Milliseconds(ms)) early.push_back(absl::Milliseconds(ms));
      done.count_down();
    });
  }
  done.wait();
  EXPECT_TRUE(early.empty());
  EXPECT_EQ(order.size(), 4u);
}

TEST(ThreadPoolTest, CancelDestroysTheClosure) {
  ThreadPool pool(1);
  auto closure = std::make_shared<int>();
  const TimerId timer = pool.PostAfter(absl::Hours(1), [closure] {});
  EXPECT_NE(timer, 0u);
  EXPECT_TRUE(pool.Cancel(timer));
  EXPECT_EQ(closure.use_count(), 1);
  EXPECT_FALSE(pool.Cancel(timer));
  EXPECT_FALSE(pool.Cancel(0));
}

TEST(ThreadPoolTest, DueTimerCanBeCancelledUntilAWorkerStartsIt) {
  ThreadPool pool(1);
  std::latch busy(1);
  std::latch release(1);
  std::latch done(1);
  std::atomic<bool> ran{false};
  pool.Post([&] {
    busy.count_down();
    release.wait();
  });
  busy.wait();
  const TimerId timer = pool.PostAt(absl::InfinitePast(), [&] { ran = true; });
  EXPECT_TRUE(pool.Cancel(timer));
  release.count_down();
  pool.Post([&] { done.count_down(); });
  done.wait();
  EXPECT_FALSE(ran);
}

TEST(ThreadPoolTest, DestructorFinishesRunningTasksAndDropsOthers) {
  auto closure = std::make_shared<int>();
  std::latch started(1);
  bool finished = false;  // written by the worker, read after the join
  std::atomic<int> others{0};
  std::latch release(1);
  {
    ThreadPool pool(1);
    pool.Post([&] {
      started.count_down();
      release.wait();
      finished = true;
    });
    started.wait();
    for (int i = 0; i < 10; ++i)
      pool.Post([&others, closure, &pool] {
        ++others;
        pool.Post([] {});
      });
    pool.PostAfter(absl::Hours(1), [closure] {});
    release.count_down();
  }
  EXPECT_TRUE(finished);
  EXPECT_LE(others, 10);  // those that the worker took before it was told to stop
  EXPECT_EQ(closure.use_count(), 1);
}

TEST(ThreadPoolTest, DroppedClosuresMayCallThePool) {
  struct CallsBack {
    explicit CallsBack(Executor* p) : pool(p) {}
    ~CallsBack() {
      pool->Post([] {});
      pool->Cancel(pool->PostAfter(absl::Hours(1), [] {}));
    }
    Executor* pool;
  };
  ThreadPool pool(1);
  auto guard = std::make_shared<CallsBack>(&pool);
  pool.PostAfter(absl::Hours(1), [guard] {});
  pool.Cancel(pool.PostAfter(absl::Hours(1), [moved = std::move(guard)] {}));
}

TEST(ThreadPoolTest, EveryTimerIsEitherRunOrCancelled) {
  constexpr int kTimers = 4000;
  std::atomic<int> ran{0};
  std::atomic<int> cancelled{0};
  {
    ThreadPool pool(4);
    Mutex mutex;
    Random random(1);
    std::vector<TimerId> timers;  // under mutex
    std::latch posted(kTimers);
    std::latch over(kTimers);
    for (int i = 0; i < kTimers; ++i) {
      pool.Post([&] {
        const TimerId timer = pool.PostAfter(absl::Microseconds(static_cast<int64_t>(random.Uniform(3000))), [&] {
          ++ran;
          over.count_down();
        });
        TimerId victim = 0;
        {
          MutexLock lock(&mutex);
          timers.push_back(timer);
          victim = timers[random.Uniform(timers.size())];
        }
        if (pool.Cancel(victim)) {
          ++cancelled;
          over.count_down();
        }
        posted.count_down();
      });
    }
    posted.wait();
    over.wait();
  }
  EXPECT_EQ(ran + cancelled, kTimers);
  EXPECT_GT(ran, 0);
  EXPECT_GT(cancelled, 0);
}

}  // namespace
}  // namespace kubelite::base
