#include "common/api/pod_conditions.h"

#include <gtest/gtest.h>

#include "common/api/time.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::api {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'900'000'000);

TEST(PodConditionsTest, ConditionsAreAddedOnceAndTimesMoveWithTheStatus) {
  k8s::core::v1::PodStatus status;
  EXPECT_TRUE(SetPodCondition(&status, "Ready", "False", "NotYet", "starting", kNow));
  EXPECT_FALSE(SetPodCondition(&status, "Ready", "False", "NotYet", "starting", kNow + absl::Seconds(1)));
  EXPECT_TRUE(SetPodCondition(&status, "Ready", "False", "NotYet", "still starting", kNow + absl::Seconds(2)));
  ASSERT_EQ(status.conditions_size(), 1);
  EXPECT_EQ(FromProto(status.conditions(0).lasttransitiontime()), kNow);
  EXPECT_TRUE(SetPodCondition(&status, "Ready", "True", "", "", kNow + absl::Seconds(3)));
  EXPECT_EQ(FromProto(status.conditions(0).lasttransitiontime()), kNow + absl::Seconds(3));
  EXPECT_FALSE(status.conditions(0).has_reason());
  EXPECT_FALSE(status.conditions(0).has_message());
  EXPECT_TRUE(SetPodCondition(&status, "Initialized", "True", "", "", kNow));
  ASSERT_NE(FindPodCondition(status, "Initialized"), nullptr);
  EXPECT_EQ(FindPodCondition(status, "PodScheduled"), nullptr);
}

}  // namespace
}  // namespace kubelite::api
