#include "common/api/yaml_scalar.h"

#include <charconv>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/api/json_text.h"

namespace kubelite::api {
namespace {

using Kind = YamlScalar::Kind;

// Whether `text` is `word` in lower case, upper case or capitalized: yes, YES, Yes.
bool IsWord(absl::string_view text, absl::string_view word) {
  if (!absl::EqualsIgnoreCase(text, word)) return false;
  const bool tail_lower = text.substr(1) == word.substr(1);
  const bool all_upper = text == absl::AsciiStrToUpper(word);
  return tail_lower || all_upper;
}

bool IsAnyWord(absl::string_view text, std::initializer_list<absl::string_view> words) {
  for (const absl::string_view word : words) {
    if (IsWord(text, word)) return true;
  }
  return false;
}

std::optional<uint64_t> ParseDigits(absl::string_view digits, int base) {
  uint64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, value, base);
  if (digits.empty() || result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return value;
}

// Decimal, 0x, 0o, 0b and 0-prefixed octal, with sign.
std::optional<std::string> ParseInteger(absl::string_view text) {
  const bool negative = absl::ConsumePrefix(&text, "-");
  if (!negative) absl::ConsumePrefix(&text, "+");
  int base = 10;
  if (absl::StartsWithIgnoreCase(text, "0x")) {
    base = 16;
  } else if (absl::StartsWithIgnoreCase(text, "0o")) {
    base = 8;
  } else if (absl::StartsWithIgnoreCase(text, "0b")) {
    base = 2;
  }
  if (base != 10) {
    text.remove_prefix(2);
  } else if (text.size() > 1 && text[0] == '0') {
    base = 8;
    text.remove_prefix(1);
  }
  const std::optional<uint64_t> value = ParseDigits(text, base);
  constexpr uint64_t kMinInt64 = uint64_t{1} << 63;
  if (!value.has_value() || (negative && *value > kMinInt64)) return std::nullopt;
  return absl::StrCat(negative && *value != 0 ? "-" : "", *value);
}

// [-+]? (.digits | digits[.digits*]) ([eE][-+]?digits)?
bool LooksLikeFloat(absl::string_view text) {
  const auto skip_digits = [&text] {
    size_t count = 0;
    while (count < text.size() && absl::ascii_isdigit(text[count])) ++count;
    text.remove_prefix(count);
    return count;
  };
  const auto skip_sign = [&text] {
    if (!absl::ConsumePrefix(&text, "-")) absl::ConsumePrefix(&text, "+");
  };
  skip_sign();
  const size_t whole = skip_digits();
  if (absl::ConsumePrefix(&text, ".")) {
    if (skip_digits() == 0 && whole == 0) return false;
  } else if (whole == 0) {
    return false;
  }
  if (text.empty()) return true;
  if (text[0] != 'e' && text[0] != 'E') return false;
  text.remove_prefix(1);
  skip_sign();
  return skip_digits() > 0 && text.empty();
}

// YYYY-M-D, or that with T, t or a blank and a time of day.
bool LooksLikeTimestamp(absl::string_view text) {
  size_t at = 0;
  const auto digits = [&](size_t min, size_t max) {
    size_t count = 0;
    while (count < max && at < text.size() && absl::ascii_isdigit(text[at])) ++at, ++count;
    return count >= min;
  };
  const auto literal = [&](absl::string_view any_of) {
    if (at >= text.size() || any_of.find(text[at]) == absl::string_view::npos) return false;
    ++at;
    return true;
  };
  if (!digits(4, 4) || !literal("-") || !digits(1, 2) || !literal("-") || !digits(1, 2)) return false;
  if (at == text.size()) return true;
  const bool zoned = text[at] != ' ';
  if (!literal("Tt ") || !digits(1, 2) || !literal(":") || !digits(1, 2) || !literal(":") || !digits(1, 2))
    return false;
  if (literal(".") && !digits(1, 9)) return false;
  if (zoned && !literal("Z")) return literal("+-") && digits(2, 2) && literal(":") && digits(2, 2) && at == text.size();
  return at == text.size();
}

YamlScalar Number(absl::string_view text) {
  if (LooksLikeTimestamp(text)) return {Kind::kTimestamp, ""};
  const std::string plain = absl::StrReplaceAll(text, {{"_", ""}});
  if (const std::optional<std::string> integer = ParseInteger(plain)) return {Kind::kInt, *integer};
  double value = 0;
  if (LooksLikeFloat(plain) && absl::SimpleAtod(plain, &value)) {
    YamlScalar scalar{Kind::kFloat, ""};
    AppendJsonDouble(value, &scalar.json);
    return scalar;
  }
  return {};
}

}  // namespace

YamlScalar ResolveYamlScalar(absl::string_view text) {
  if (text.empty()) return {Kind::kNull, "null"};
  switch (text[0]) {
    case '~':
    case 'n':
    case 'N':
      if (text == "~" || IsWord(text, "null")) return {Kind::kNull, "null"};
      if (IsAnyWord(text, {"n", "no"})) return {Kind::kBool, "false"};
      return {};
    case 't':
    case 'T':
    case 'y':
    case 'Y':
    case 'o':
    case 'O':
    case 'f':
    case 'F':
      if (IsAnyWord(text, {"true", "yes", "y", "on"})) return {Kind::kBool, "true"};
      if (IsAnyWord(text, {"false", "off"})) return {Kind::kBool, "false"};
      return {};
    case '<':
      return text == "<<" ? YamlScalar{Kind::kMerge, ""} : YamlScalar{};
    case '.':
    case '+':
    case '-': {
      absl::string_view rest = text;
      if (text[0] != '.') rest.remove_prefix(1);
      const bool is_nan = rest == text && (text == ".nan" || text == ".NaN" || text == ".NAN");
      if (is_nan || rest == ".inf" || rest == ".Inf" || rest == ".INF") return {Kind::kFloat, ""};
      return Number(text);
    }
    default:
      return absl::ascii_isdigit(text[0]) ? Number(text) : YamlScalar{};
  }
}

}  // namespace kubelite::api
