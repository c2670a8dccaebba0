#pragma once

// Early-return macros for absl::Status and absl::StatusOr (the packaged Abseil has none).

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define KL_CONCAT_INNER_(a, b) a##b
#define KL_CONCAT_(a, b) KL_CONCAT_INNER_(a, b)

// Returns the status from the current function when it is not OK.
#define RETURN_IF_ERROR(expr)                                                  \
  do {                                                                         \
    if (absl::Status kl_status_ = (expr); !kl_status_.ok()) return kl_status_; \
  } while (false)

// Evaluates a StatusOr; assigns its value to `lhs` or returns its status.
#define ASSIGN_OR_RETURN(lhs, expr) KL_ASSIGN_OR_RETURN_(KL_CONCAT_(kl_statusor_, __LINE__), lhs, expr)
#define KL_ASSIGN_OR_RETURN_(tmp, lhs, expr)     \
  auto tmp = (expr);                             \
  if (!tmp.ok()) return std::move(tmp).status(); \
  lhs = std::move(tmp).value()

namespace kubelite::base {

// Puts `context` before the message of a failed status, as "reading pod checkpoint: ..."; keeps code and payloads.
absl::Status Annotate(const absl::Status& status, absl::string_view context);

}  // namespace kubelite::base
