#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace kubelite::api {

// Text in double quotes, escaped as Go's %q does: printable UTF-8 stays as it is.
std::string GoQuote(absl::string_view text);

}  // namespace kubelite::api
