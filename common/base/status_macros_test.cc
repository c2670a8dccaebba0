#include "common/base/status_macros.h"

#include <gtest/gtest.h>

#include "absl/strings/cord.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::base {
namespace {

absl::StatusOr<int> Half(int value) {
  if (value % 2 != 0) return absl::InvalidArgumentError("odd");
  return value / 2;
}

absl::StatusOr<int> Quarter(int value) {
  ASSIGN_OR_RETURN(const int half, Half(value));
  ASSIGN_OR_RETURN(const int quarter, Half(half));
  return quarter;
}

absl::Status CheckEven(int value) {
  RETURN_IF_ERROR(Half(value).status());
  return absl::OkStatus();
}

TEST(StatusMacrosTest, ReturnTheFirstError) {
  EXPECT_THAT(Quarter(8), IsOkAndHolds(2));
  EXPECT_THAT(Quarter(6), StatusIs(absl::StatusCode::kInvalidArgument, "odd"));
  EXPECT_OK(CheckEven(2));
  EXPECT_THAT(CheckEven(3), StatusIs(absl::StatusCode::kInvalidArgument, "odd"));
}

TEST(AnnotateTest, KeepsCodeAndPayloads) {
  absl::Status status = absl::AbortedError("revision mismatch");
  status.SetPayload("type.kubelite/x", absl::Cord("details"));
  const absl::Status annotated = Annotate(status, "updating pod");
  EXPECT_THAT(annotated, StatusIs(absl::StatusCode::kAborted, "updating pod: revision mismatch"));
  EXPECT_EQ(annotated.GetPayload("type.kubelite/x"), absl::Cord("details"));
  EXPECT_OK(Annotate(absl::OkStatus(), "anything"));
}

}  // namespace
}  // namespace kubelite::base
