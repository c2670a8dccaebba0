#pragma once

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"

namespace kubelite::kubelet {

// Upstream's $(VAR) expansion: a known variable is replaced, $$(VAR) gives the literal $(VAR), an unknown one stays as
// it is written. `lookup` returns null for unknown names.
std::string Expand(absl::string_view text, absl::FunctionRef<const std::string*(const std::string&)> lookup);

}  // namespace kubelite::kubelet
