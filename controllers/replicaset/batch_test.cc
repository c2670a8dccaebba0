#include "controllers/replicaset/batch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "common/base/simulated_executor.h"
#include "common/base/thread_pool.h"

namespace kubelite::controllers {
namespace {

TEST(ForEachInParallel, CallsEachIndexOnceOnAThreadPool) {
  base::ThreadPool pool(4);
  std::vector<std::atomic<int>> calls(100);
  ForEachInParallel(&pool, 100, 8, [&calls](int i) { ++calls[i]; });
  for (const auto& count : calls) EXPECT_EQ(count, 1);
}

TEST(ForEachInParallel, IsALoopOnASimulatedExecutor) {
  base::SimulatedExecutor executor(1);
  std::vector<int> order;
  ForEachInParallel(&executor, 5, 3, [&order](int i) { order.push_back(i); });
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
  executor.Settle();  // helpers that come late find nothing to do
  EXPECT_EQ(order.size(), 5u);
}

TEST(ForEachInParallel, NothingToDo) {
  base::SimulatedExecutor executor(1);
  ForEachInParallel(&executor, 0, 8, [](int) { FAIL(); });
}

}  // namespace
}  // namespace kubelite::controllers
