#pragma once

#include <simdjson.h>

#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "common/api/jsonpath_tree.h"

namespace kubelite::api {

// A value that a JSONPath finds: a part of the document, or a literal of the template. Internal to it.
using JsonPathValue = std::variant<simdjson::dom::element, const JsonPathLiteral*>;

// As -o jsonpath prints it: strings bare, objects and arrays as compact JSON with sorted keys.
std::string PrintJsonPathValue(const JsonPathValue& value);
// As Go's %v: objects as map[a:1 b:2], arrays as [1 2].
std::string FormatJsonPathValue(const JsonPathValue& value);

// Whether the comparison of a filter holds. InvalidArgument for values that do not compare: of different types,
// objects, arrays; and booleans by order.
absl::StatusOr<bool> CompareJsonPathValues(const JsonPathValue& left, JsonPathStep::Compare compare,
                                           const JsonPathValue& right);

}  // namespace kubelite::api
