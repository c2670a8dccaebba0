#include "common/base/backoff.h"

#include <gtest/gtest.h>

namespace kubelite::base {
namespace {

TEST(BackoffTest, GrowsToTheMaximumAndResets) {
  Random random(1);
  Backoff backoff(absl::Milliseconds(100), 2, absl::Milliseconds(500), 0);
  for (const int expected : {100, 200, 400, 500, 500}) {
    EXPECT_EQ(backoff.Next(random), absl::Milliseconds(expected));
  }
  backoff.Reset();
  EXPECT_EQ(backoff.Next(random), absl::Milliseconds(100));
}

TEST(BackoffTest, JitterOnlyShortensAndSpreads) {
  Random random(1);
  Backoff backoff(absl::Seconds(10), 1, absl::Seconds(10), 0.5);
  absl::Duration least = absl::InfiniteDuration();
  absl::Duration most = absl::ZeroDuration();
  for (int i = 0; i < 1000; ++i) {
    const absl::Duration delay = backoff.Next(random);
    least = std::min(least, delay);
    most = std::max(most, delay);
  }
  EXPECT_GE(least, absl::Seconds(5));
  EXPECT_LT(least, absl::Seconds(5.1));
  EXPECT_LE(most, absl::Seconds(10));
  EXPECT_GT(most, absl::Seconds(9.9));
}

TEST(BackoffTest, NeverOverflows) {
  Random random(1);
  Backoff backoff(absl::Seconds(1), 10, absl::Hours(1), 0);
  for (int i = 0; i < 10'000; ++i) EXPECT_LE(backoff.Next(random), absl::Hours(1));
}

}  // namespace
}  // namespace kubelite::base
