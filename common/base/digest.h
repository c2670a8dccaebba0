#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace kubelite::base {

// SHA-256 in hexadecimal.
std::string Sha256Hex(absl::string_view bytes);

}  // namespace kubelite::base
