#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace simdjson::dom {
class element;
}

namespace kubelite::api {

// Writers of compact JSON text, appending to `out`.

// A quoted string; bytes that are not UTF-8 become U+FFFD.
void AppendJsonString(absl::string_view text, std::string* out);
// Shortest text that reads back as the same number; null for what JSON cannot hold.
void AppendJsonDouble(double value, std::string* out);
void AppendJsonInt(int64_t value, std::string* out);
// A parsed value.
void AppendJson(const simdjson::dom::element& value, std::string* out);

}  // namespace kubelite::api
