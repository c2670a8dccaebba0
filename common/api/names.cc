#include "common/api/names.h"

#include <arpa/inet.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace kubelite::api {
namespace {

using Problems = std::vector<std::string>;

bool IsLowerAlnum(char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c); }

// Non-empty, begins and ends with an alphanumeric character; `inner` may stand between.
template <typename IsEdge>
bool HasShape(absl::string_view text, IsEdge is_edge, absl::string_view inner) {
  if (text.empty() || !is_edge(text.front()) || !is_edge(text.back())) return false;
  for (const char c : text) {
    if (!is_edge(c) && inner.find(c) == absl::string_view::npos) return false;
  }
  return true;
}

bool IsDns1123Label(absl::string_view text) { return HasShape(text, IsLowerAlnum, "-"); }

bool IsDns1123Subdomain(absl::string_view text) {
  for (const absl::string_view part : absl::StrSplit(text, '.')) {
    if (!IsDns1123Label(part)) return false;
  }
  return true;
}

bool IsNamePart(absl::string_view text) { return HasShape(text, absl::ascii_isalnum, "-_."); }

std::string TooLong(size_t max) { return absl::StrCat("must be no more than ", max, " bytes"); }

// The texts of upstream's rules: a sentence, examples, and the expression behind it.
std::string Rule(absl::string_view text, const std::vector<absl::string_view>& examples, absl::string_view regex) {
  std::string message = absl::StrCat(text, " (e.g. ");
  for (size_t i = 0; i < examples.size(); ++i) absl::StrAppend(&message, i == 0 ? "" : " or ", "'", examples[i], "', ");
  return absl::StrCat(message, "regex used for validation is '", regex, "')");
}

std::string SubdomainRule() {
  return Rule(
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
      "and end with an alphanumeric character",
      {"example.com"}, "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");
}

std::string QualifiedNameRule() {
  return Rule(
      "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
      {"MyName", "my.name", "123-abc"}, "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]");
}

}  // namespace

Problems ValidateDns1123Label(absl::string_view text) {
  Problems problems;
  if (text.size() > 63) problems.push_back(TooLong(63));
  if (IsDns1123Label(text)) return problems;
  if (IsDns1123Subdomain(text)) {
    problems.push_back("must not contain dots");
  } else {
    problems.push_back(
        Rule("a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and "
             "end with an alphanumeric character",
             {"my-name", "123-abc"}, "[a-z0-9]([-a-z0-9]*[a-z0-9])?"));
  }
  return problems;
}

Problems ValidateDns1123Subdomain(absl::string_view text) {
  Problems problems;
  if (text.size() > 253) problems.push_back(TooLong(253));
  if (!IsDns1123Subdomain(text)) problems.push_back(SubdomainRule());
  return problems;
}

Problems ValidateDns1035Label(absl::string_view text) {
  Problems problems;
  if (text.size() > 63) problems.push_back(TooLong(63));
  if (!IsDns1123Label(text) || !absl::ascii_islower(text[0])) {
    problems.push_back(
        Rule("a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
             "character, and end with an alphanumeric character",
             {"my-name", "abc-123"}, "[a-z]([-a-z0-9]*[a-z0-9])?"));
  }
  return problems;
}

Problems ValidatePathSegmentName(absl::string_view text) {
  if (text == "." || text == "..") return {absl::StrCat("may not be '", text, "'")};
  Problems problems;
  for (const absl::string_view character : {"/", "%"}) {
    if (absl::StrContains(text, character)) problems.push_back(absl::StrCat("may not contain '", character, "'"));
  }
  return problems;
}

Problems ValidateQualifiedName(absl::string_view text) {
  Problems problems;
  const size_t slash = text.find('/');
  absl::string_view name = text;
  if (slash != absl::string_view::npos) {
    const absl::string_view prefix = text.substr(0, slash);
    name = text.substr(slash + 1);
    if (absl::StrContains(name, "/")) {
      return {absl::StrCat("a qualified name ", QualifiedNameRule(),
                           " with an optional DNS subdomain prefix and '/' (e.g. "
                           "'example.com/MyName')")};
    }
    if (prefix.empty()) {
      problems.push_back("prefix part must be non-empty");
    } else {
      for (const std::string& problem : ValidateDns1123Subdomain(prefix)) {
        problems.push_back(absl::StrCat("prefix part ", problem));
      }
    }
  }
  if (name.empty()) {
    problems.push_back("name part must be non-empty");
  } else if (name.size() > 63) {
    problems.push_back(absl::StrCat("name part ", TooLong(63)));
  }
  if (!IsNamePart(name)) problems.push_back(absl::StrCat("name part ", QualifiedNameRule()));
  return problems;
}

Problems ValidateLabelValue(absl::string_view text) {
  Problems problems;
  if (text.size() > 63) problems.push_back(TooLong(63));
  if (!text.empty() && !IsNamePart(text)) {
    problems.push_back(
        Rule("a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
             "start and end with an alphanumeric character",
             {"MyValue", "my_value", "12345"}, "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"));
  }
  return problems;
}

Problems ValidateConfigMapKey(absl::string_view text) {
  Problems problems;
  if (text.size() > 253) problems.push_back(TooLong(253));
  bool shaped = !text.empty();
  for (const char c : text) shaped = shaped && (absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_');
  if (!shaped) {
    problems.push_back(Rule("a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
                            {"key.name", "KEY_NAME", "key-name"}, "[-._a-zA-Z0-9]+"));
  }
  if (text == ".") {
    problems.push_back("must not be '.'");
  } else if (text == "..") {
    problems.push_back("must not be '..'");
  } else if (absl::StartsWith(text, "..")) {
    problems.push_back("must not start with '..'");
  }
  return problems;
}

Problems ValidateEnvVarName(absl::string_view text) {
  if (text.empty()) return {"must be non-empty"};
  for (const char c : text) {
    if (c < 0x20 || c > 0x7e || c == '=') {
      return {"a valid environment variable name must consist only of printable ASCII characters other than '='"};
    }
  }
  return {};
}

Problems ValidatePortName(absl::string_view text) {
  Problems problems;
  if (text.size() > 15) problems.push_back(TooLong(15));
  bool shaped = !text.empty();
  bool has_letter = false;
  for (const char c : text) {
    shaped = shaped && (IsLowerAlnum(c) || c == '-');
    has_letter = has_letter || absl::ascii_islower(c);
  }
  if (!shaped) problems.push_back("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  if (!has_letter) problems.push_back("must contain at least one letter (a-z)");
  if (absl::StrContains(text, "--")) problems.push_back("must not contain consecutive hyphens");
  if (absl::StartsWith(text, "-") || absl::EndsWith(text, "-")) {
    problems.push_back("must not begin or end with a hyphen");
  }
  return problems;
}

Problems ValidatePortNumber(int64_t port) {
  if (port >= 1 && port <= 65535) return {};
  return {"must be between 1 and 65535, inclusive"};
}

Problems ValidateIpAddress(absl::string_view text) {
  unsigned char address[16];
  const std::string terminated(text);
  const bool embedded_nul = absl::StrContains(text, absl::string_view("\0", 1));
  const bool v4 = !embedded_nul && inet_pton(AF_INET, terminated.c_str(), address) == 1;
  const bool v6 = !embedded_nul && inet_pton(AF_INET6, terminated.c_str(), address) == 1;
  if (v4 || (v6 && !absl::StartsWithIgnoreCase(terminated, "::ffff:"))) return {};
  return {"must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"};
}

}  // namespace kubelite::api
