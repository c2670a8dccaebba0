#include "common/api/go_quote.h"

#include "absl/strings/str_format.h"
#include "common/api/utf8.h"

namespace kubelite::api {
namespace {

const char* NamedEscape(char c) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\a':
      return "\\a";
    case '\b':
      return "\\b";
    case '\f':
      return "\\f";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    case '\v':
      return "\\v";
    default:
      return nullptr;
  }
}

}  // namespace

std::string GoQuote(absl::string_view text) {
  std::string quoted = "\"";
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    const int length = Utf8Length(text, i);
    if (const char* escape = NamedEscape(c)) {
      quoted += escape;
    } else if (length == 0 || static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      quoted += absl::StrFormat("\\x%02x", static_cast<unsigned char>(c));
    } else {
      quoted.append(text.data() + i, length);
    }
    i += length == 0 ? 1 : length;
  }
  quoted += '"';
  return quoted;
}

}  // namespace kubelite::api
