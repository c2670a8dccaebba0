#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "common/api/errors.h"

namespace kubelite::api {

// "FieldValueInvalid" and the like.
absl::string_view CauseReason(FieldError::Type type);
// The message without the field: `Invalid value: -1: must be ...`.
std::string ErrorBody(const FieldError& error);

}  // namespace kubelite::api
