#include "scheduler/queue/scheduling_queue.h"

#include <gtest/gtest.h>

#include "common/api/testing/builders.h"
#include "scheduler/plugins/all.h"

namespace kubelite::scheduler {
namespace {

using api::testing::MakePod;

const absl::Time kStart = absl::FromUnixSeconds(1'000'000);

class SchedulingQueueTest : public ::testing::Test {
 protected:
  PodPtr Pod(const std::string& name, int priority = 0) {
    return MakePod(name).With([&](auto* pod) { pod->mutable_spec()->set_priority(priority); }).BuildPtr();
  }
  std::string PopName(absl::Time now) {
    const PodPtr pod = queue_.Pop(now);
    return pod == nullptr ? "" : pod->metadata().name();
  }

  PluginList plugins_ = AllPlugins();
  SchedulingQueue queue_{plugins_};
};

TEST_F(SchedulingQueueTest, PriorityThenAge) {
  queue_.Add(Pod("old"), kStart);
  queue_.Add(Pod("new"), kStart + absl::Seconds(1));
  queue_.Add(Pod("urgent", 100), kStart + absl::Seconds(2));
  EXPECT_EQ(PopName(kStart), "urgent");
  EXPECT_EQ(PopName(kStart), "old");
  EXPECT_EQ(PopName(kStart), "new");
  EXPECT_EQ(PopName(kStart), "");
}

TEST_F(SchedulingQueueTest, UnschedulableWaitsForAnEventItsPluginAskedFor) {
  const PodPtr pod = Pod("p");
  queue_.Add(pod, kStart);
  ASSERT_EQ(PopName(kStart), "p");
  queue_.AddUnschedulable(pod, {"NodeResourcesFit"}, kStart);
  queue_.OnEvent(ClusterEvent::kPodAssigned, kStart + absl::Seconds(20));  // not one of its events
  EXPECT_EQ(PopName(kStart + absl::Seconds(20)), "");
  queue_.OnEvent(ClusterEvent::kPodFreed, kStart + absl::Seconds(20));
  EXPECT_EQ(PopName(kStart + absl::Seconds(20)), "p");
}

TEST_F(SchedulingQueueTest, AnEventDuringTheBackOffWaitsForItsEnd) {
  const PodPtr pod = Pod("p");
  queue_.Add(pod, kStart);
  ASSERT_EQ(PopName(kStart), "p");
  queue_.AddUnschedulable(pod, {"NodeResourcesFit"}, kStart);
  queue_.OnEvent(ClusterEvent::kNodeAdded, kStart + absl::Milliseconds(10));
  EXPECT_EQ(PopName(kStart + absl::Milliseconds(10)), "");
  EXPECT_EQ(queue_.NextReady(), kStart + absl::Seconds(1));
  EXPECT_EQ(PopName(kStart + absl::Seconds(1)), "p");
}

TEST_F(SchedulingQueueTest, BackOffDoublesUpToTenSeconds) {
  const PodPtr pod = Pod("p");
  queue_.Add(pod, kStart);
  absl::Time now = kStart;
  for (const int seconds : {1, 2, 4, 8, 10, 10}) {
    ASSERT_EQ(PopName(now), "p");
    queue_.AddFailed(pod, now);
    EXPECT_EQ(queue_.NextReady(), now + absl::Seconds(seconds));
    now = queue_.NextReady();
  }
}

TEST_F(SchedulingQueueTest, UnschedulableIsTriedAgainAfterFiveMinutes) {
  const PodPtr pod = Pod("p");
  queue_.Add(pod, kStart);
  ASSERT_EQ(PopName(kStart), "p");
  queue_.AddUnschedulable(pod, {"NodeAffinity"}, kStart);
  EXPECT_EQ(PopName(kStart + absl::Minutes(5) - absl::Seconds(1)), "");
  EXPECT_EQ(PopName(kStart + absl::Minutes(5)), "p");
}

TEST_F(SchedulingQueueTest, ADeletedPodIsGoneEvenInFlight) {
  const PodPtr pod = Pod("p");
  queue_.Add(pod, kStart);
  ASSERT_EQ(PopName(kStart), "p");
  queue_.Remove(api::KeyOf(*pod));
  queue_.AddFailed(pod, kStart);
  EXPECT_EQ(queue_.NextReady(), absl::InfiniteFuture());
  EXPECT_EQ(queue_.size(), 0u);
}

}  // namespace
}  // namespace kubelite::scheduler
