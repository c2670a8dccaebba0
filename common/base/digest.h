#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace kubelite::base {

// SHA-256: 32 bytes, and in hexadecimal.
std::string Sha256(absl::string_view bytes);
std::string Sha256Hex(absl::string_view bytes);

}  // namespace kubelite::base
