#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

// For broken invariants of our own only; foreign input never reaches a CHECK.
#define CHECK(condition) \
  (static_cast<bool>(condition) ? void() : ::kubelite::base::CheckFailed(__FILE__, __LINE__, #condition))
#define CHECK_OK(expr) ::kubelite::base::CheckOk(__FILE__, __LINE__, #expr, (expr))

namespace kubelite::base {

[[noreturn]] void CheckFailed(const char* file, int line, absl::string_view condition);
void CheckOk(const char* file, int line, absl::string_view expression, const absl::Status& status);

}  // namespace kubelite::base
