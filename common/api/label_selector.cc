#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/api/errors.h"
#include "common/api/names.h"
#include "common/api/selectors.h"
#include "common/base/status_macros.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::api {

// Reads the selector grammar: comma separated requirements over keys, operators and value lists.
class LabelSelectorParser {
 public:
  using Op = LabelSelector::Op;
  using Requirement = LabelSelector::Requirement;

  explicit LabelSelectorParser(absl::string_view text) : rest_(text) { Advance(); }

  absl::StatusOr<LabelSelector> Parse() {
    LabelSelector selector;
    if (token_ == Token::kEnd) return selector;
    while (true) {
      if (token_ != Token::kWord && token_ != Token::kNot) {
        return Expected(selector.requirements_.empty() ? ", expected: !, identifier, or 'end of string'"
                                                       : ", expected: identifier after ','");
      }
      absl::StatusOr<Requirement> requirement = ParseRequirement();
      if (!requirement.ok()) {
        return absl::InvalidArgumentError(
            absl::StrCat("unable to parse requirement: ", requirement.status().message()));
      }
      selector.requirements_.push_back(*std::move(requirement));
      if (token_ == Token::kEnd) break;
      if (token_ != Token::kComma) return Expected(", expected: ',' or 'end of string'");
      Advance();
    }
    Sort(&selector);
    return selector;
  }

  // Checks keys and values and sorts the values.
  static absl::StatusOr<Requirement> Make(std::string key, Op op, std::vector<std::string> values) {
    const std::vector<std::string> key_problems = ValidateQualifiedName(key);
    if (!key_problems.empty()) return Bad(FieldError::Invalid("key", key, absl::StrJoin(key_problems, "; ")));
    if ((op == Op::kIn || op == Op::kNotIn) && values.empty()) {
      FieldError error = FieldError::Invalid("values", "", "for 'in', 'notin' operators, values set can't be empty");
      error.value = "[]";
      return Bad(error);
    }
    for (size_t i = 0; i < values.size(); ++i) {
      const std::string field = absl::StrCat("values[", i, "]");
      int64_t number = 0;
      if ((op == Op::kGreater || op == Op::kLess) && !absl::SimpleAtoi(values[i], &number)) {
        return Bad(FieldError::Invalid(field, values[i], "for 'Gt', 'Lt' operators, the value must be an integer"));
      }
      const std::vector<std::string> problems = ValidateLabelValue(values[i]);
      if (!problems.empty()) {
        return Bad(FieldError::Invalid(absl::StrCat(field, "[", key, "]"), values[i], absl::StrJoin(problems, "; ")));
      }
    }
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return Requirement{std::move(key), op, std::move(values)};
  }

  static void Sort(LabelSelector* selector) {
    std::stable_sort(selector->requirements_.begin(), selector->requirements_.end(),
                     [](const Requirement& a, const Requirement& b) { return a.key < b.key; });
  }

 private:
  enum class Token { kEnd, kWord, kNot, kComma, kOpen, kClose, kOperator };

  static absl::Status Bad(const FieldError& error) { return absl::InvalidArgumentError(error.ToString()); }

  absl::Status Expected(absl::string_view what) const {
    return absl::InvalidArgumentError(absl::StrCat("found '", literal_, "'", what));
  }

  void Take(Token token, size_t length) {
    token_ = token;
    literal_ = std::string(rest_.substr(0, length));
    rest_.remove_prefix(length);
  }

  void Advance() {
    while (!rest_.empty() && absl::string_view(" \t\r\n").find(rest_[0]) != absl::string_view::npos) {
      rest_.remove_prefix(1);
    }
    if (rest_.empty()) return Take(Token::kEnd, 0);
    if (rest_[0] == ',') return Take(Token::kComma, 1);
    if (rest_[0] == '(') return Take(Token::kOpen, 1);
    if (rest_[0] == ')') return Take(Token::kClose, 1);
    if (absl::StartsWith(rest_, "==") || absl::StartsWith(rest_, "!=")) return Take(Token::kOperator, 2);
    if (rest_[0] == '=' || rest_[0] == '<' || rest_[0] == '>') return Take(Token::kOperator, 1);
    if (rest_[0] == '!') return Take(Token::kNot, 1);
    Take(Token::kWord, std::min(rest_.find_first_of("=!(),<> \t\r\n"), rest_.size()));
  }

  absl::StatusOr<Requirement> ParseRequirement() {
    const bool negated = token_ == Token::kNot;
    if (negated) Advance();
    if (token_ != Token::kWord) return Expected(", expected: identifier");
    std::string key = literal_;
    Advance();
    if (token_ == Token::kEnd || token_ == Token::kComma) {
      return Make(std::move(key), negated ? Op::kDoesNotExist : Op::kExists, {});
    }
    if (negated) return Expected(", expected: ',' or 'end of string'");
    const std::string op = literal_;
    const bool is_set = token_ == Token::kWord && (op == "in" || op == "notin");
    if (!is_set && token_ != Token::kOperator) return Expected(", expected: in, notin, =, ==, !=, gt, lt");
    Advance();
    std::vector<std::string> values;
    if (is_set) {
      ASSIGN_OR_RETURN(values, ParseValues());
      return Make(std::move(key), op == "in" ? Op::kIn : Op::kNotIn, std::move(values));
    }
    // A missing value is the empty string, as in "a=".
    std::string value;
    if (token_ == Token::kWord) {
      value = literal_;
      Advance();
    } else if (token_ != Token::kEnd && token_ != Token::kComma) {
      return Expected(", expected: identifier");
    }
    values.push_back(std::move(value));
    return Make(std::move(key), OperatorOf(op), std::move(values));
  }

  static Op OperatorOf(absl::string_view text) {
    if (text == "!=") return Op::kNotIn;
    if (text == ">") return Op::kGreater;
    return text == "<" ? Op::kLess : Op::kIn;
  }

  // (a,b): an element may be empty.
  absl::StatusOr<std::vector<std::string>> ParseValues() {
    if (token_ != Token::kOpen) return Expected(" expected: '('");
    Advance();
    std::vector<std::string> values;
    if (token_ == Token::kClose) {
      Advance();
      return values;
    }
    while (true) {
      std::string value;
      if (token_ == Token::kWord) {
        value = literal_;
        Advance();
      }
      values.push_back(std::move(value));
      if (token_ == Token::kClose) break;
      if (token_ != Token::kComma) return Expected(", expected: ',' or ')'");
      Advance();
    }
    Advance();
    return values;
  }

  absl::string_view rest_;
  Token token_ = Token::kEnd;
  std::string literal_;
};

absl::StatusOr<LabelSelector> LabelSelector::Parse(absl::string_view text) { return LabelSelectorParser(text).Parse(); }

absl::StatusOr<LabelSelector> LabelSelector::From(const k8s::meta::v1::LabelSelector& selector) {
  LabelSelector result;
  for (const auto& [key, value] : selector.matchlabels()) {
    ASSIGN_OR_RETURN(Requirement requirement, LabelSelectorParser::Make(key, Op::kIn, {value}));
    result.requirements_.push_back(std::move(requirement));
  }
  for (const auto& expression : selector.matchexpressions()) {
    Op op = Op::kIn;
    if (expression.operator_() == "NotIn") {
      op = Op::kNotIn;
    } else if (expression.operator_() == "Exists") {
      op = Op::kExists;
    } else if (expression.operator_() == "DoesNotExist") {
      op = Op::kDoesNotExist;
    } else if (expression.operator_() != "In") {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", expression.operator_(), "\" is not a valid label selector operator"));
    }
    const auto& given = expression.values();
    if ((op == Op::kExists || op == Op::kDoesNotExist) && !given.empty()) {
      return absl::InvalidArgumentError(
          "values: Invalid value: values set must be empty for exists and does not exist");
    }
    ASSIGN_OR_RETURN(Requirement requirement,
                     LabelSelectorParser::Make(expression.key(), op, {given.begin(), given.end()}));
    result.requirements_.push_back(std::move(requirement));
  }
  LabelSelectorParser::Sort(&result);
  return result;
}

LabelSelector LabelSelector::FromMap(const LabelMap& labels) {
  LabelSelector result;
  for (const auto& [key, value] : labels) result.requirements_.push_back({key, Op::kIn, {value}});
  LabelSelectorParser::Sort(&result);
  return result;
}

bool LabelSelector::Matches(const LabelMap& labels) const {
  for (const Requirement& requirement : requirements_) {
    const auto found = labels.find(requirement.key);
    const bool present = found != labels.end();
    const auto listed = [&] {
      return std::binary_search(requirement.values.begin(), requirement.values.end(), found->second);
    };
    int64_t actual = 0;
    int64_t bound = 0;
    bool matches = false;
    switch (requirement.op) {
      case Op::kIn:
        matches = present && listed();
        break;
      case Op::kNotIn:
        matches = !present || !listed();
        break;
      case Op::kExists:
        matches = present;
        break;
      case Op::kDoesNotExist:
        matches = !present;
        break;
      case Op::kGreater:
      case Op::kLess:
        matches = present && absl::SimpleAtoi(found->second, &actual) &&
                  absl::SimpleAtoi(requirement.values[0], &bound) &&
                  (requirement.op == Op::kGreater ? actual > bound : actual < bound);
        break;
    }
    if (!matches) return false;
  }
  return true;
}

std::string LabelSelector::ToString() const {
  return absl::StrJoin(requirements_, ",", [](std::string* out, const Requirement& requirement) {
    const std::string& key = requirement.key;
    const std::string list = absl::StrJoin(requirement.values, ",");
    const bool single = requirement.values.size() == 1;
    switch (requirement.op) {
      case Op::kIn:
        absl::StrAppend(out, key, single ? "=" : " in (", list, single ? "" : ")");
        break;
      case Op::kNotIn:
        absl::StrAppend(out, key, single ? "!=" : " notin (", list, single ? "" : ")");
        break;
      case Op::kExists:
        absl::StrAppend(out, key);
        break;
      case Op::kDoesNotExist:
        absl::StrAppend(out, "!", key);
        break;
      case Op::kGreater:
        absl::StrAppend(out, key, ">", list);
        break;
      case Op::kLess:
        absl::StrAppend(out, key, "<", list);
        break;
    }
  });
}

}  // namespace kubelite::api
