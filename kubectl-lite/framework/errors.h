#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace kubelite::cli {

// An error as kubectl words it: `Error from server (NotFound): ...`, `The Deployment "x" is invalid: ...` or `error:
// ...`. `source` is the file and line of the object it is about, when there is one; `unreachable_hint` is put behind an
// error that means that no server answered. One line per problem, without a line end.
std::string ErrorText(const absl::Status& status, absl::string_view source = "",
                      absl::string_view unreachable_hint = "");

}  // namespace kubelite::cli
