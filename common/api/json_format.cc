#include <charconv>
#include <cmath>

#include "common/api/json.h"
#include "common/api/json_document.h"
#include "common/api/json_text.h"
#include "common/api/utf8.h"
#include "common/base/status_macros.h"

namespace kubelite::api {
namespace {

using simdjson::dom::element_type;

// 0: copied as it is; 1: control character; 2: part of a multi-byte sequence; otherwise the letter after the backslash.
constexpr auto kEscapes = [] {
  std::array<char, 256> table{};
  for (int c = 0; c < 0x20; ++c) table[c] = 1;
  for (int c = 0x80; c < 0x100; ++c) table[c] = 2;
  table['"'] = '"';
  table['\\'] = '\\';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  return table;
}();

constexpr char kHex[] = "0123456789abcdef";

void NewLine(int depth, std::string* out) {
  out->push_back('\n');
  out->append(static_cast<size_t>(depth) * 4, ' ');
}

// Lays out JSON text that is known to be valid. Strings and numbers keep their spelling.
std::string Reindent(absl::string_view json) {
  std::string out;
  out.reserve(json.size() * 2);
  int depth = 0;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    switch (c) {
      case ' ':
      case '\t':
      case '\r':
      case '\n':
        break;
      case '"': {
        const size_t start = i++;
        while (json[i] != '"') i += json[i] == '\\' ? 2 : 1;
        out.append(json.data() + start, i - start + 1);
        break;
      }
      case '{':
      case '[': {
        out.push_back(c);
        const size_t next = json.find_first_not_of(" \t\r\n", i + 1);
        if (json[next] == '}' || json[next] == ']') {
          out.push_back(json[next]);
          i = next;
        } else {
          NewLine(++depth, &out);
        }
        break;
      }
      case '}':
      case ']':
        NewLine(--depth, &out);
        out.push_back(c);
        break;
      case ',':
        out.push_back(c);
        NewLine(depth, &out);
        break;
      case ':':
        out.append(": ");
        break;
      default:
        out.push_back(c);
    }
  }
  out.push_back('\n');
  return out;
}

}  // namespace

void AppendJsonString(absl::string_view text, std::string* out) {
  out->push_back('"');
  size_t copied = 0;
  for (size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const char escape = kEscapes[byte];
    if (escape == 0) {
      ++i;
      continue;
    }
    if (escape == 2) {
      if (const int length = Utf8Length(text, i); length > 0) {
        i += length;
        continue;
      }
    }
    out->append(text.data() + copied, i - copied);
    if (escape == 1) {
      out->append("\\u00");
      out->push_back(kHex[byte >> 4]);
      out->push_back(kHex[byte & 15]);
    } else if (escape == 2) {
      out->append("\xEF\xBF\xBD");
    } else {
      out->push_back('\\');
      out->push_back(escape);
    }
    copied = ++i;
  }
  out->append(text.data() + copied, text.size() - copied);
  out->push_back('"');
}

void AppendJsonDouble(double value, std::string* out) {
  if (!std::isfinite(value)) {
    out->append("null");
    return;
  }
  const double size = std::fabs(value);
  const bool scientific = size != 0 && (size < 1e-6 || size >= 1e21);
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value,
                                 scientific ? std::chars_format::scientific : std::chars_format::fixed);
  out->append(buffer, end.ptr - buffer);
}

void AppendJsonInt(int64_t value, std::string* out) {
  char buffer[24];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value);
  out->append(buffer, end.ptr - buffer);
}

void AppendJson(const simdjson::dom::element& value, std::string* out) {
  bool first = true;
  switch (value.type()) {
    case element_type::ARRAY:
      out->push_back('[');
      for (const simdjson::dom::element item : ArrayOf(value)) {
        if (!first) out->push_back(',');
        first = false;
        AppendJson(item, out);
      }
      out->push_back(']');
      break;
    case element_type::OBJECT:
      out->push_back('{');
      for (const auto [key, member] : ObjectOf(value)) {
        if (!first) out->push_back(',');
        first = false;
        AppendJsonString(ToAbsl(key), out);
        out->push_back(':');
        AppendJson(member, out);
      }
      out->push_back('}');
      break;
    case element_type::INT64:
      AppendJsonInt(value.get_int64().value_unsafe(), out);
      break;
    case element_type::UINT64:
      out->append(std::to_string(value.get_uint64().value_unsafe()));
      break;
    case element_type::DOUBLE:
      AppendJsonDouble(value.get_double().value_unsafe(), out);
      break;
    case element_type::STRING:
      AppendJsonString(ToAbsl(value.get_string().value_unsafe()), out);
      break;
    case element_type::BOOL:
      out->append(value.get_bool().value_unsafe() ? "true" : "false");
      break;
    case element_type::NULL_VALUE:
      out->append("null");
      break;
  }
}

std::string EncodeJsonPretty(const Object& object) { return Reindent(EncodeJson(object)); }

absl::StatusOr<std::string> PrettyJson(absl::string_view json) {
  RETURN_IF_ERROR(JsonDocument::Parse(json).status());
  return Reindent(json);
}

}  // namespace kubelite::api
