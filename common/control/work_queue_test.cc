#include "common/control/work_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/metrics.h"
#include "common/base/mutex.h"
#include "common/base/simulated_executor.h"
#include "common/base/thread_pool.h"

namespace kubelite::control {
namespace {

using ::testing::HasSubstr;

const ObjectKey kA{"default", "a"};
const ObjectKey kB{"default", "b"};

class WorkQueueTest : public ::testing::Test {
 protected:
  void Make(int workers = 1, RateLimit limit = {}) {
    queue_ = std::make_unique<WorkQueue>(WorkQueue::Options{"test", workers, limit}, &executor_,
                                         [this](const ObjectKey& key) {
                                           worked_.push_back(key.name);
                                           if (on_work_) on_work_(key);
                                         });
  }

  base::SimulatedExecutor executor_{1};
  std::vector<std::string> worked_;
  std::function<void(const ObjectKey&)> on_work_;
  std::unique_ptr<WorkQueue> queue_;
};

using Names = std::vector<std::string>;

TEST_F(WorkQueueTest, KeysAreWorkedOnInOrder) {
  Make();
  for (const char* name : {"c", "a", "b"}) queue_->Add({"", name});
  EXPECT_TRUE(worked_.empty()) << "never inside Add";
  executor_.Settle();
  EXPECT_EQ(worked_, (Names{"c", "a", "b"}));
  EXPECT_TRUE(queue_->idle());
}

TEST_F(WorkQueueTest, AdditionsOfAWaitingKeyMerge) {
  Make();
  queue_->Add(kA);
  queue_->Add(kA);
  queue_->Add(kB);
  queue_->Add(kA);
  EXPECT_EQ(queue_->depth(), 2u);
  executor_.Settle();
  EXPECT_EQ(worked_, (Names{"a", "b"}));
}

TEST_F(WorkQueueTest, AKeyAddedWhileWorkedOnRunsOnceMore) {
  Make(4);
  int runs = 0;
  on_work_ = [&](const ObjectKey& key) {
    if (++runs > 1) return;
    queue_->Add(key);
    queue_->Add(key);
    EXPECT_EQ(queue_->depth(), 0u) << "it must not be ready while it runs";
    EXPECT_FALSE(queue_->idle());
  };
  queue_->Add(kA);
  executor_.Settle();
  EXPECT_EQ(worked_, (Names{"a", "a"}));
}

TEST_F(WorkQueueTest, DelayedKeysWaitAndTheEarliestTimeWins) {
  Make();
  queue_->AddAfter(kA, absl::Seconds(10));
  queue_->AddAfter(kA, absl::Seconds(5));
  queue_->AddAfter(kA, absl::Seconds(20));
  EXPECT_FALSE(queue_->idle());
  executor_.Advance(absl::Seconds(4));
  EXPECT_EQ(worked_, Names{});
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(worked_, Names{"a"});
  executor_.Advance(absl::Minutes(1));
  EXPECT_EQ(worked_, Names{"a"});
  EXPECT_TRUE(queue_->idle());
}

TEST_F(WorkQueueTest, NoDelayMeansNow) {
  Make();
  queue_->AddAfter(kA, absl::ZeroDuration());
  queue_->AddAfter(kB, -absl::Seconds(1));
  executor_.Settle();
  EXPECT_EQ(worked_, (Names{"a", "b"}));
}

TEST_F(WorkQueueTest, BackOffDoublesUpToTheMaximumUntilForgotten) {
  Make(1, {absl::Seconds(1), absl::Seconds(5)});
  const std::vector<int> delays = {1, 2, 4, 5, 5};
  for (const int delay : delays) {
    worked_.clear();
    queue_->AddRateLimited(kA);
    executor_.Advance(absl::Seconds(delay) - absl::Milliseconds(1));
    EXPECT_EQ(worked_, Names{}) << delay;
    executor_.Advance(absl::Milliseconds(1));
    EXPECT_EQ(worked_, Names{"a"}) << delay;
  }
  EXPECT_EQ(queue_->NumRequeues(kA), 5);
  queue_->Forget(kA);
  EXPECT_EQ(queue_->NumRequeues(kA), 0);
  worked_.clear();
  queue_->AddRateLimited(kA);
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(worked_, Names{"a"});
}

TEST_F(WorkQueueTest, ManyFailuresDoNotOverflow) {
  Make(1, {absl::Milliseconds(5), absl::Seconds(1000)});
  for (int i = 0; i < 200; ++i) queue_->AddRateLimited(kA);
  EXPECT_EQ(queue_->NumRequeues(kA), 200);
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(worked_, Names{"a"});
}

TEST_F(WorkQueueTest, ShutDownDropsWhatWaits) {
  Make();
  queue_->Add(kA);
  queue_->AddAfter(kB, absl::Seconds(1));
  queue_->ShutDown();
  queue_->Add(kA);
  executor_.Advance(absl::Minutes(1));
  EXPECT_EQ(worked_, Names{});
  EXPECT_TRUE(queue_->idle());
}

TEST_F(WorkQueueTest, ShutDownFromWithinWorkDoesNotWait) {
  Make();
  on_work_ = [&](const ObjectKey&) { queue_->ShutDown(); };
  queue_->Add(kA);
  queue_->Add(kB);
  executor_.Settle();
  EXPECT_EQ(worked_, Names{"a"});
}

TEST_F(WorkQueueTest, TasksOutliveTheQueue) {
  Make();
  queue_->Add(kA);
  queue_->AddAfter(kB, absl::Seconds(1));
  queue_.reset();
  executor_.Advance(absl::Minutes(1));
  EXPECT_EQ(worked_, Names{});
}

TEST_F(WorkQueueTest, MetricsHaveUpstreamsNames) {
  // Metrics live as long as the process: a repeated test needs another name.
  static int runs = 0;
  const std::string name = absl::StrCat("metrics-", ++runs);
  queue_ = std::make_unique<WorkQueue>(WorkQueue::Options{name, 1, {}}, &executor_, [](const ObjectKey&) {});
  const auto line = [&name](absl::string_view metric, int value) {
    return absl::StrCat(metric, "{name=\"", name, "\"} ", value);
  };
  queue_->Add(kA);
  queue_->Add(kB);
  EXPECT_THAT(base::Metrics().Text(), HasSubstr(line("workqueue_depth", 2)));
  executor_.Settle();
  queue_->AddRateLimited(kA);
  executor_.Advance(absl::Seconds(1));
  const std::string text = base::Metrics().Text();
  EXPECT_THAT(text, HasSubstr(line("workqueue_depth", 0)));
  EXPECT_THAT(text, HasSubstr(line("workqueue_adds_total", 3)));
  EXPECT_THAT(text, HasSubstr(line("workqueue_retries_total", 1)));
  EXPECT_THAT(text, HasSubstr(line("workqueue_queue_duration_seconds_count", 3)));
  EXPECT_THAT(text, HasSubstr(line("workqueue_work_duration_seconds_count", 3)));
}

// Real threads: no key twice at once, at most `workers` at once, and the last addition is always worked on.
TEST(WorkQueueStressTest, PromisesHoldUnderContention) {
  constexpr int kKeys = 10;
  constexpr int kWorkers = 3;
  constexpr int kAdders = 4;
  constexpr int kRounds = 2'000;
  base::ThreadPool pool(8);
  std::atomic<int> running = 0;
  std::atomic<int> violations = 0;
  std::vector<std::atomic<int>> busy(kKeys);
  std::vector<std::atomic<int>> wanted(kKeys);
  std::vector<std::atomic<int>> seen(kKeys);
  std::atomic<int> adders = kAdders;
  {
    WorkQueue queue({"stress", kWorkers, {}}, &pool, [&](const ObjectKey& key) {
      const int i = std::stoi(key.name);
      if (++running > kWorkers || ++busy[i] > 1) ++violations;
      seen[i] = wanted[i].load();
      --busy[i];
      --running;
    });
    for (int adder = 0; adder < kAdders; ++adder) {
      pool.Post([&, adder] {
        for (int round = 0; round < kRounds; ++round) {
          const int i = (round * 7 + adder) % kKeys;
          ++wanted[i];
          const ObjectKey key{"", absl::StrCat(i)};
          round % 5 == 0 ? queue.AddAfter(key, absl::Microseconds(round % 50)) : queue.Add(key);
        }
        --adders;
      });
    }
    while (adders > 0 || !queue.idle()) std::this_thread::yield();
  }
  EXPECT_EQ(violations, 0);
  for (int i = 0; i < kKeys; ++i) EXPECT_EQ(seen[i], wanted[i]) << i;
}

TEST(WorkQueueStressTest, ShutDownWaitsForRunningKeys) {
  base::ThreadPool pool(4);
  for (int round = 0; round < 200; ++round) {
    auto alive = std::make_unique<std::atomic<int>>(0);
    WorkQueue queue({"stress", 4, {}}, &pool, [&](const ObjectKey&) { ++*alive; });
    for (int i = 0; i < 20; ++i) queue.Add({"", absl::StrCat(i)});
    queue.ShutDown();
    alive.reset();
  }
}

}  // namespace
}  // namespace kubelite::control
