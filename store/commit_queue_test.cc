#include "store/commit_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/base/testing/status_matchers.h"

namespace kubelite::store {
namespace {

void Commit(CommitQueue* queue, Write* write) {
  PendingWrites pending(absl::MakeSpan(write, 1));
  queue->Run(&pending);
}

TEST(CommitQueueTest, ALoneWriterCommitsAtOnce) {
  std::vector<std::string> order;
  CommitQueue queue([&](absl::Span<Write* const> group) -> CommitQueue::Task {
    EXPECT_EQ(group.size(), 1u);
    group[0]->result = 7;
    order.push_back("commit");
    return [&] { order.push_back("after"); };
  });
  Write write;
  Commit(&queue, &write);
  EXPECT_THAT(write.result, base::IsOkAndHolds(7));
  EXPECT_THAT(order, testing::ElementsAre("commit", "after"));
  EXPECT_EQ(queue.depth(), 0u);
}

TEST(CommitQueueTest, WritesThatArriveDuringACommitShareTheNextOne) {
  constexpr size_t kFollowers = 10;
  std::vector<size_t> sizes;
  CommitQueue* self = nullptr;
  CommitQueue queue([&](absl::Span<Write* const> group) -> CommitQueue::Task {
    sizes.push_back(group.size());
    while (sizes.size() == 1 && self->depth() < kFollowers + 1) std::this_thread::yield();
    for (Write* write : group) write->result = static_cast<Revision>(sizes.size());
    return nullptr;
  });
  self = &queue;
  std::vector<std::thread> threads;
  std::atomic<int> second = 0;
  for (size_t i = 0; i < kFollowers + 1; ++i) {
    threads.emplace_back([&] {
      Write write;
      Commit(&queue, &write);
      if (*write.result == 2) ++second;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(sizes, testing::ElementsAre(1, kFollowers));
  EXPECT_EQ(second, static_cast<int>(kFollowers));
}

TEST(CommitQueueTest, GroupsAreBoundedInBytes) {
  const std::string large(700 << 10, 'x');
  std::vector<size_t> sizes;
  CommitQueue* self = nullptr;
  CommitQueue queue([&](absl::Span<Write* const> group) -> CommitQueue::Task {
    sizes.push_back(group.size());
    while (sizes.size() == 1 && self->depth() < 4) std::this_thread::yield();
    for (Write* write : group) write->result = 1;
    return nullptr;
  });
  self = &queue;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      Write write;
      write.value = large;
      Commit(&queue, &write);
      EXPECT_OK(write.result);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(sizes, testing::ElementsAre(1, 1, 1, 1));
}

TEST(CommitQueueTest, OneCallersWritesFillGroupsInOrder) {
  std::vector<size_t> sizes;
  Revision next = 1;
  CommitQueue queue([&](absl::Span<Write* const> group) -> CommitQueue::Task {
    sizes.push_back(group.size());
    for (Write* write : group) write->result = next++;
    return nullptr;
  });
  std::vector<Write> writes(2500);
  PendingWrites pending(absl::MakeSpan(writes));
  queue.Run(&pending);
  EXPECT_THAT(sizes, testing::ElementsAre(1024, 1024, 452));
  for (size_t i = 0; i < writes.size(); ++i) EXPECT_THAT(writes[i].result, base::IsOkAndHolds(i + 1));
  EXPECT_EQ(queue.depth(), 0u);
  PendingWrites none(absl::Span<Write>{});
  queue.Run(&none);
}

TEST(CommitQueueTest, CallersThatWereServedTogetherAreAwaitedAndServedTogether) {
  constexpr int kCallers = 8;
  constexpr int kRounds = 50;
  int groups = 0;
  CommitQueue* self = nullptr;
  CommitQueue queue(
      [&](absl::Span<Write* const> group) -> CommitQueue::Task {
        // All come while the first one is served.
        while (groups == 0 && self->depth() < kCallers) std::this_thread::yield();
        ++groups;
        for (Write* write : group) write->result = groups;
        return nullptr;
      },
      /*gather_pause=*/absl::Seconds(10));
  self = &queue;
  std::vector<std::thread> threads;
  for (int i = 0; i < kCallers; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        Write write;
        Commit(&queue, &write);
        // The last round leaves nobody to wait for.
        if (*write.result >= kRounds) break;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(groups, kRounds + 1);
}

TEST(CommitQueueTest, ALoneWriterIsNotKeptWaiting) {
  CommitQueue queue(
      [&](absl::Span<Write* const> group) -> CommitQueue::Task {
        group[0]->result = 1;
        return nullptr;
      },
      /*gather_pause=*/absl::InfiniteDuration());
  for (int i = 0; i < 10; ++i) {
    Write write;
    Commit(&queue, &write);
    EXPECT_OK(write.result);
  }
}

TEST(CommitQueueTest, NoWriteIsLostUnderLoad) {
  Revision next = 1;
  CommitQueue queue([&](absl::Span<Write* const> group) -> CommitQueue::Task {
    for (Write* write : group) write->result = next++;
    return nullptr;
  });
  base::Mutex mutex;
  std::set<Revision> seen;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 500; ++n) {
        Write write;
        Commit(&queue, &write);
        base::MutexLock lock(&mutex);
        EXPECT_TRUE(seen.insert(*write.result).second);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(seen.size(), 4000u);
  EXPECT_EQ(*seen.rbegin(), 4000);
}

}  // namespace
}  // namespace kubelite::store
