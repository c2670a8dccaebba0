#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/api/json_document.h"
#include "common/api/json_text.h"
#include "common/api/utf8.h"
#include "common/api/yaml.h"
#include "common/api/yaml_scalar.h"
#include "common/base/status_macros.h"

namespace kubelite::api {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

// Which styles a string can be written in without changing it.
struct Styles {
  bool plain = true;
  bool single_quoted = true;
  bool literal = true;
};

bool IsBlankOrEnd(absl::string_view text, size_t at) {
  return at >= text.size() || text[at] == ' ' || text[at] == '\t' || text[at] == '\n';
}

// Characters that must be escaped: controls (tabs too, as upstream has it) and what is not well-formed or printable.
bool IsSpecial(absl::string_view text, size_t at, int length) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (length == 0) return true;
  if (length == 1) return (byte < 0x20 && byte != '\n') || byte == 0x7f;
  const absl::string_view character = text.substr(at, length);
  // C1 controls, line separators, the byte order mark.
  return (byte == 0xC2 && static_cast<unsigned char>(text[at + 1]) < 0xA0) || character == "\u2028" ||
         character == "\u2029" || character == "\uFEFF";
}

bool IsIndicator(absl::string_view text, size_t at) {
  const char c = text[at];
  const bool before_blank = IsBlankOrEnd(text, at + 1);
  if (at == 0) {
    if (absl::string_view("#,[]{}&*!|>'\"%@`").find(c) != absl::string_view::npos) return true;
    return (c == '?' || c == ':' || c == '-') && before_blank;
  }
  return (c == ':' && before_blank) || (c == '#' && IsBlankOrEnd(text, at - 1));
}

Styles StylesOf(absl::string_view text) {
  Styles styles;
  if (text.substr(0, 3) == "---" || text.substr(0, 3) == "...") styles.plain = false;
  bool after_blank = false;
  bool after_break = false;
  for (size_t i = 0; i < text.size();) {
    const int length = Utf8Length(text, i);
    const bool blank = text[i] == ' ';
    const bool line_break = text[i] == '\n';
    const bool edge = i == 0 || i + 1 == text.size();
    if (IsIndicator(text, i) || line_break || (edge && blank)) styles.plain = false;
    if (IsSpecial(text, i, length) || (after_blank && line_break)) styles = {false, false, false};
    if (after_break && blank) styles.single_quoted = false;
    if (blank && i + 1 == text.size()) styles.literal = false;
    after_blank = blank;
    after_break = line_break;
    i += length == 0 ? 1 : length;
  }
  return styles;
}

// 12:30 and the like, which old readers take for base-60 numbers.
bool LooksLikeBase60(absl::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  if (text.empty() || !absl::ascii_isdigit(text[0]) || text.find(':') == absl::string_view::npos) return false;
  return text.find_first_not_of("0123456789_:.") == absl::string_view::npos;
}

bool ReadsAsString(absl::string_view text) {
  return ResolveYamlScalar(text).kind == YamlScalar::Kind::kString && !LooksLikeBase60(text);
}

class YamlWriter {
 public:
  std::string Write(element root) {
    if (IsBlock(root)) {
      Block(root, 0);
    } else {
      Inline(root, 0);
      out_ += '\n';
    }
    return std::move(out_);
  }

 private:
  // Maps and lists with members take lines of their own.
  static bool IsBlock(element value) {
    if (value.is_object()) return ObjectOf(value).size() > 0;
    return value.is_array() && ArrayOf(value).size() > 0;
  }

  void Indent(int indent) { out_.append(indent, ' '); }

  // Writes the lines of a map or list. The cursor stands where the first one begins; the others are indented.
  void Block(element value, int indent) {
    bool first = true;
    if (value.is_array()) {
      for (const element item : ArrayOf(value)) {
        if (!first) Indent(indent);
        first = false;
        out_ += "- ";
        if (IsBlock(item)) {
          Block(item, indent + 2);
        } else {
          Inline(item, indent);
          out_ += '\n';
        }
      }
      return;
    }
    for (const auto [key, member] : ObjectOf(value)) {
      if (!first) Indent(indent);
      first = false;
      Text(ToAbsl(key), indent, true);
      out_ += ':';
      if (IsBlock(member)) {
        // Lists stay at the indentation of their key.
        const int deeper = member.is_array() ? indent : indent + 2;
        out_ += '\n';
        Indent(deeper);
        Block(member, deeper);
      } else {
        out_ += ' ';
        Inline(member, indent);
        out_ += '\n';
      }
    }
  }

  // Writes a value that begins on the current line; the line break after it is the caller's.
  void Inline(element value, int indent) {
    if (value.type() == element_type::STRING) {
      Text(ToAbsl(value.get_string().value_unsafe()), indent, false);
    } else {
      AppendJson(value, &out_);
    }
  }

  void Text(absl::string_view text, int indent, bool is_key) {
    const Styles styles = StylesOf(text);
    if (text.find('\n') != absl::string_view::npos) {
      if (styles.literal && !is_key) return Literal(text, indent + 2);
      return DoubleQuoted(text);
    }
    if (!ReadsAsString(text)) return DoubleQuoted(text);
    if (styles.plain) {
      out_.append(text.data(), text.size());
    } else if (styles.single_quoted) {
      SingleQuoted(text);
    } else {
      DoubleQuoted(text);
    }
  }

  void Literal(absl::string_view text, int indent) {
    out_ += '|';
    if (text[0] == ' ' || text[0] == '\n') out_ += '2';
    if (text.back() != '\n') {
      out_ += '-';
    } else if (text.size() == 1 || text[text.size() - 2] == '\n') {
      out_ += '+';
    }
    if (text.back() == '\n') text.remove_suffix(1);
    while (true) {
      const size_t end = text.find('\n');
      const absl::string_view line = text.substr(0, end);
      out_ += '\n';
      if (!line.empty()) Indent(indent);
      out_.append(line.data(), line.size());
      if (end == absl::string_view::npos) return;
      text.remove_prefix(end + 1);
    }
  }

  void SingleQuoted(absl::string_view text) {
    out_ += '\'';
    for (const char c : text) {
      if (c == '\'') out_ += '\'';
      out_ += c;
    }
    out_ += '\'';
  }

  void DoubleQuoted(absl::string_view text) {
    // JSON strings are YAML double-quoted scalars, except for what YAML does not take as printable.
    std::string quoted;
    AppendJsonString(text, &quoted);
    for (size_t i = 0; i < quoted.size();) {
      const int length = Utf8Length(quoted, i);
      if (length > 1 && IsSpecial(quoted, i, length)) {
        AppendEscape(quoted, i, length);
      } else if (quoted[i] == 0x7f) {
        out_ += "\\x7F";
      } else {
        out_.append(quoted, i, length);
      }
      i += length;
    }
  }

  void AppendEscape(const std::string& text, size_t at, int length) {
    const auto byte = [&](size_t offset) {
      return static_cast<unsigned>(static_cast<unsigned char>(text[at + offset]));
    };
    const unsigned code = length == 2 ? ((byte(0) & 0x1FU) << 6) | (byte(1) & 0x3FU)
                                      : ((byte(0) & 0x0FU) << 12) | ((byte(1) & 0x3FU) << 6) | (byte(2) & 0x3FU);
    absl::StrAppend(&out_, "\\u", absl::Hex(code, absl::kZeroPad4));
  }

  std::string out_;
};

}  // namespace

absl::StatusOr<std::string> JsonToYaml(absl::string_view json) {
  ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(json));
  return YamlWriter().Write(document.root());
}

}  // namespace kubelite::api
