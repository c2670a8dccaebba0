#include "common/api/int_or_string.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/testing/status_matchers.h"
#include "k8s/apimachinery/intstr.pb.h"

namespace kubelite::api {
namespace {

using base::IsOkAndHolds;

TEST(IntOrString, Text) {
  EXPECT_EQ(ToString(MakeInt(80)), "80");
  EXPECT_EQ(ToString(MakeString("http")), "http");
  EXPECT_TRUE(IsString(MakeString("1")));
  EXPECT_FALSE(IsString(MakeInt(1)));
}

TEST(IntOrString, Scaled) {
  EXPECT_THAT(ScaledValue(MakeInt(3), 10, true), IsOkAndHolds(3));
  EXPECT_THAT(ScaledValue(MakeString("25%"), 10, true), IsOkAndHolds(3));
  EXPECT_THAT(ScaledValue(MakeString("25%"), 10, false), IsOkAndHolds(2));
  EXPECT_THAT(ScaledValue(MakeString("0%"), 10, true), IsOkAndHolds(0));
  EXPECT_THAT(ScaledValue(MakeString("100%"), 7, false), IsOkAndHolds(7));
  EXPECT_THAT(ScaledValue(MakeString("2000000000%"), 2000000000, false), IsOkAndHolds(2147483647));
  for (const char* text : {"", "%", "5", "-5%", "five%", "5%%", " 5%", "99999999999%"}) {
    EXPECT_THAT(ScaledValue(MakeString(text), 10, true).status(),
                base::StatusIs(absl::StatusCode::kInvalidArgument, "neither a number nor a percentage"))
        << text;
  }
}

}  // namespace
}  // namespace kubelite::api
