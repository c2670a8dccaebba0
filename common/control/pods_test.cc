#include "common/control/pods.h"

#include <gtest/gtest.h>

#include "common/api/testing/builders.h"

namespace kubelite::control {
namespace {

using api::testing::MakePod;

const absl::Time kNow = absl::FromUnixSeconds(1'900'000'000);

TEST(PodsTest, ActiveIsNeitherTerminalNorBeingDeleted) {
  EXPECT_TRUE(IsPodActive(MakePod("a").Phase("Pending").Build()));
  EXPECT_TRUE(IsPodActive(MakePod("a").Phase("Running").Build()));
  EXPECT_FALSE(IsPodActive(MakePod("a").Phase("Succeeded").Build()));
  EXPECT_FALSE(IsPodActive(MakePod("a").Phase("Failed").Build()));
  EXPECT_FALSE(IsPodActive(MakePod("a").Phase("Running").Deleting(kNow).Build()));
}

TEST(PodsTest, TerminalIsSucceededOrFailed) {
  EXPECT_TRUE(IsPodTerminal(MakePod("a").Phase("Failed").Build()));
  EXPECT_TRUE(IsPodTerminal(MakePod("a").Phase("Succeeded").Build()));
  EXPECT_FALSE(IsPodTerminal(MakePod("a").Phase("Unknown").Build()));
}

TEST(PodsTest, AvailableIsReadyForLongEnough) {
  const auto pod = MakePod("a").Ready(true, kNow).Build();
  EXPECT_TRUE(IsPodReady(pod));
  EXPECT_TRUE(IsPodAvailable(pod, absl::ZeroDuration(), kNow));
  EXPECT_FALSE(IsPodAvailable(pod, absl::Seconds(10), kNow + absl::Seconds(9)));
  EXPECT_TRUE(IsPodAvailable(pod, absl::Seconds(10), kNow + absl::Seconds(10)));
  EXPECT_FALSE(IsPodAvailable(MakePod("a").Ready(false, kNow).Build(), absl::ZeroDuration(), kNow));
  EXPECT_FALSE(IsPodAvailable(MakePod("a").Build(), absl::ZeroDuration(), kNow));
}

}  // namespace
}  // namespace kubelite::control
