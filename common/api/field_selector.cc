#include "absl/strings/str_cat.h"
#include "common/api/selectors.h"

namespace kubelite::api {
namespace {

// Splits at commas that no backslash precedes; escapes stay in the parts.
std::vector<absl::string_view> SplitTerms(absl::string_view text) {
  std::vector<absl::string_view> terms;
  size_t start = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == ',') {
      terms.push_back(text.substr(start, i - start));
      start = i + 1;
    }
  }
  terms.push_back(text.substr(start));
  return terms;
}

// Resolves \\ \, and \=. False for other escapes and for a bare comma or equals sign.
bool Unescape(absl::string_view text, std::string* out) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ',' || text[i] == '=') return false;
    if (text[i] == '\\') {
      ++i;
      if (i >= text.size() || absl::string_view("\\,=").find(text[i]) == absl::string_view::npos) return false;
    }
    out->push_back(text[i]);
  }
  return true;
}

bool ParseTerm(absl::string_view term, FieldSelector::Requirement* out) {
  for (size_t i = 0; i < term.size(); ++i) {
    for (const absl::string_view op : {"!=", "==", "="}) {
      if (term.substr(i, op.size()) != op) continue;
      out->field = std::string(term.substr(0, i));
      out->equal = op != "!=";
      return !out->field.empty() && Unescape(term.substr(i + op.size()), &out->value);
    }
  }
  return false;
}

}  // namespace

absl::StatusOr<FieldSelector> FieldSelector::Parse(absl::string_view text) {
  FieldSelector selector;
  for (const absl::string_view term : SplitTerms(text)) {
    if (term.empty()) continue;
    Requirement requirement;
    if (!ParseTerm(term, &requirement)) {
      return absl::InvalidArgumentError(absl::StrCat("invalid selector: '", text, "'; can't understand '", term, "'"));
    }
    selector.requirements_.push_back(std::move(requirement));
  }
  return selector;
}

bool FieldSelector::Matches(absl::FunctionRef<std::string(const std::string&)> value_of) const {
  for (const Requirement& requirement : requirements_) {
    if ((value_of(requirement.field) == requirement.value) != requirement.equal) return false;
  }
  return true;
}

}  // namespace kubelite::api
