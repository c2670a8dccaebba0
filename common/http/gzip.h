#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace kubelite::http {

// Compressed at the fastest level; empty when zlib refuses.
std::string Gzip(absl::string_view bytes);
// Whether an Accept-Encoding header allows gzip.
bool AcceptsGzip(absl::string_view accept_encoding);

}  // namespace kubelite::http
