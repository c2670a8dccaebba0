#include "common/image/json_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace kubelite::image {
namespace {

// Length of the UTF-8 sequence at `at`, or 0 when there is none.
size_t SequenceLength(absl::string_view text, size_t at) {
  const unsigned char lead = text[at];
  const size_t length = lead < 0x80                   ? 1
                        : lead >= 0xC2 && lead < 0xE0 ? 2
                        : lead >= 0xE0 && lead < 0xF0 ? 3
                        : lead >= 0xF0 && lead < 0xF5 ? 4
                                                      : 0;
  if (length == 0 || at + length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[at + i]) & 0xC0) != 0x80) return 0;
  }
  return length;
}

}  // namespace

std::string JsonQuote(absl::string_view text) {
  std::string out = "\"";
  for (size_t i = 0; i < text.size();) {
    const unsigned char c = text[i];
    if (c == '"' || c == '\\') {
      out += '\\';
      out += text[i++];
    } else if (c < 0x20) {
      absl::StrAppendFormat(&out, "\\u%04x", c);
      ++i;
    } else if (const size_t length = SequenceLength(text, i); length > 0) {
      out.append(text.data() + i, length);
      i += length;
    } else {
      out += "\\ufffd";
      ++i;
    }
  }
  return out + "\"";
}

void JsonWriter::Key(absl::string_view key) {
  absl::StrAppend(&text_, text_.size() == 1 ? "\n  " : ",\n  ", JsonQuote(key), ": ");
}

void JsonWriter::Add(absl::string_view key, absl::string_view value) {
  Key(key);
  text_ += JsonQuote(value);
}

void JsonWriter::Add(absl::string_view key, int64_t value) {
  Key(key);
  absl::StrAppend(&text_, value);
}

void JsonWriter::Add(absl::string_view key, bool value) {
  Key(key);
  text_ += value ? "true" : "false";
}

void JsonWriter::Add(absl::string_view key, const std::vector<std::string>& values) {
  Key(key);
  text_ += '[';
  for (size_t i = 0; i < values.size(); ++i) absl::StrAppend(&text_, i == 0 ? "" : ", ", JsonQuote(values[i]));
  text_ += ']';
}

void JsonWriter::Add(absl::string_view key, const std::vector<std::pair<std::string, std::string>>& map) {
  Key(key);
  text_ += '{';
  for (size_t i = 0; i < map.size(); ++i) {
    absl::StrAppend(&text_, i == 0 ? "" : ", ", JsonQuote(map[i].first), ": ", JsonQuote(map[i].second));
  }
  text_ += '}';
}

void JsonWriter::AddEmptyObjects(absl::string_view key, const std::vector<std::string>& names) {
  Key(key);
  text_ += '{';
  for (size_t i = 0; i < names.size(); ++i) absl::StrAppend(&text_, i == 0 ? "" : ", ", JsonQuote(names[i]), ": {}");
  text_ += '}';
}

std::string JsonWriter::Finish() {
  text_ += text_.size() == 1 ? "}\n" : "\n}\n";
  return std::move(text_);
}

}  // namespace kubelite::image
