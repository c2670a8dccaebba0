#pragma once

// gMock matchers and assertion macros for absl::Status and absl::StatusOr.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace kubelite::base {

inline const absl::Status& GetStatus(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& GetStatus(const absl::StatusOr<T>& status) {
  return status.status();
}

MATCHER(IsOk, "is OK") {
  *result_listener << GetStatus(arg).ToString();
  return GetStatus(arg).ok();
}
// The code, and a substring of the message.
MATCHER_P2(StatusIs, code, substring, "") {
  *result_listener << GetStatus(arg).ToString();
  return GetStatus(arg).code() == code &&
         std::string(GetStatus(arg).message()).find(std::string(substring)) != std::string::npos;
}
MATCHER_P(IsOkAndHolds, matcher, "") {
  if (!arg.ok()) {
    *result_listener << arg.status().ToString();
    return false;
  }
  return ::testing::ExplainMatchResult(matcher, *arg, result_listener);
}

}  // namespace kubelite::base

#define EXPECT_OK(expr) EXPECT_THAT((expr), ::kubelite::base::IsOk())
#define ASSERT_OK(expr) ASSERT_THAT((expr), ::kubelite::base::IsOk())
#define KL_TEST_CONCAT_INNER_(a, b) a##b
#define KL_TEST_CONCAT_(a, b) KL_TEST_CONCAT_INNER_(a, b)
#define ASSERT_OK_AND_ASSIGN(lhs, expr) KL_ASSERT_OK_AND_ASSIGN_(KL_TEST_CONCAT_(kl_test_, __LINE__), lhs, expr)
#define KL_ASSERT_OK_AND_ASSIGN_(tmp, lhs, expr) \
  auto tmp = (expr);                             \
  ASSERT_OK(tmp);                                \
  lhs = std::move(tmp).value()
