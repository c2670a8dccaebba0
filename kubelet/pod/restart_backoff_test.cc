#include "kubelet/pod/restart_backoff.h"

#include <gtest/gtest.h>

#include "kubelet/testing/pods.h"

namespace kubelite::kubelet {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'900'000'000);

Container EndedWithDelay(absl::Duration delay) {
  Container container = testing::Exited("u/0", "c", 1, kNow);
  SetRestartDelay(delay, &container.annotations);
  return container;
}

TEST(RestartBackoff, DoublesFromTenSecondsToFiveMinutes) {
  absl::Duration delay = absl::ZeroDuration();
  std::vector<int64_t> waits;
  for (int i = 0; i < 8; ++i) {
    const RestartDecision decision = DecideRestart(EndedWithDelay(delay));
    waits.push_back(absl::ToInt64Seconds(decision.not_before - kNow));
    delay = decision.next_delay;
  }
  EXPECT_EQ(waits, (std::vector<int64_t>{0, 10, 20, 40, 80, 160, 300, 300}));
}

TEST(RestartBackoff, StartsAgainAfterTenMinutesWithoutAnEnd) {
  Container container = EndedWithDelay(absl::Seconds(300));
  container.created_at = kNow - absl::Minutes(10) - absl::Seconds(1);
  EXPECT_EQ(DecideRestart(container).not_before, kNow);
  EXPECT_EQ(DecideRestart(container).next_delay, absl::Seconds(10));
}

TEST(RestartBackoff, OneThatNeverStartedKeepsItsDelay) {
  Container container = EndedWithDelay(absl::Seconds(40));
  container.state = ContainerState::kCreated;
  container.finished_at = absl::InfinitePast();
  EXPECT_LE(DecideRestart(container).not_before, kNow);
  EXPECT_EQ(DecideRestart(container).delay, absl::ZeroDuration());
  EXPECT_EQ(DecideRestart(container).next_delay, absl::Seconds(40));
}

TEST(RestartBackoff, AForeignAnnotationMeansNone) {
  Container container = EndedWithDelay(absl::ZeroDuration());
  container.annotations["kube-lite.dev/restart-delay-seconds"] = "soon";
  EXPECT_EQ(DecideRestart(container).not_before, kNow);
}

}  // namespace
}  // namespace kubelite::kubelet
