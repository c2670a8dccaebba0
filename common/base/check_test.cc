#include "common/base/check.h"

#include <gtest/gtest.h>

namespace kubelite::base {
namespace {

TEST(CheckDeathTest, NamesFileLineAndCondition) {
  EXPECT_DEATH(CHECK(1 + 1 == 3), "check_test\\.cc:[0-9]+\\] CHECK failed: 1 \\+ 1 == 3");
  EXPECT_DEATH(CHECK_OK(absl::NotFoundError("no pod")), "CHECK failed: .*NOT_FOUND: no pod");
}

TEST(CheckTest, EvaluatesOnceAndPasses) {
  int evaluations = 0;
  CHECK(++evaluations > 0);
  CHECK_OK((++evaluations, absl::OkStatus()));
  EXPECT_EQ(evaluations, 2);
}

}  // namespace
}  // namespace kubelite::base
