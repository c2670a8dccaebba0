#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kubelite::api {

// What a JSONPath template says. Internal to it.

using JsonPathLiteral = std::variant<std::string, int64_t, double, bool>;

struct JsonPathStep {
  enum class Kind { kField, kSlice, kWildcard, kRecursive, kUnion, kFilter, kLiteral };
  enum class Compare { kExists, kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual };

  Kind kind = Kind::kField;
  size_t position = 0;  // in the template, from 1

  std::string field;
  // Of a slice. One index is a slice without `end`, and not `ranged`.
  std::optional<int64_t> begin, end, stride;
  bool ranged = false;
  std::vector<std::vector<JsonPathStep>> parts;  // of a union
  std::vector<JsonPathStep> left, right;         // of a filter
  Compare compare = Compare::kExists;
  JsonPathLiteral literal;
};

using JsonPathSteps = std::vector<JsonPathStep>;

// Text, an action, or a range with its body.
struct JsonPathBlock {
  enum class Kind { kText, kAction, kRange };
  Kind kind = Kind::kText;
  std::string text;
  JsonPathSteps steps;
  std::vector<JsonPathBlock> body;
};

struct JsonPathTree {
  std::vector<JsonPathBlock> blocks;
};

absl::StatusOr<std::shared_ptr<const JsonPathTree>> ParseJsonPath(absl::string_view text);

}  // namespace kubelite::api
