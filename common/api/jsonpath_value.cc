#include "common/api/jsonpath_value.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_replace.h"
#include "common/api/json_document.h"
#include "common/api/json_text.h"
#include "common/base/status_macros.h"

namespace kubelite::api {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

std::vector<std::pair<std::string_view, element>> SortedMembers(element object) {
  std::vector<std::pair<std::string_view, element>> members;
  for (const auto [key, value] : ObjectOf(object)) members.emplace_back(key, value);
  std::stable_sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return members;
}

// As Go's encoder writes it, which makes JSON safe inside HTML.
void AppendGoString(absl::string_view text, std::string* out) {
  std::string quoted;
  AppendJsonString(text, &quoted);
  out->append(absl::StrReplaceAll(quoted, {{"<", "\\u003c"}, {">", "\\u003e"}, {"&", "\\u0026"}}));
}

void AppendSorted(element value, std::string* out) {
  const char* separator = "";
  switch (value.type()) {
    case element_type::ARRAY:
      out->push_back('[');
      for (const element item : ArrayOf(value)) {
        out->append(std::exchange(separator, ","));
        AppendSorted(item, out);
      }
      out->push_back(']');
      break;
    case element_type::OBJECT:
      out->push_back('{');
      for (const auto& [key, member] : SortedMembers(value)) {
        out->append(std::exchange(separator, ","));
        AppendGoString(ToAbsl(key), out);
        out->push_back(':');
        AppendSorted(member, out);
      }
      out->push_back('}');
      break;
    case element_type::STRING:
      AppendGoString(ToAbsl(value.get_string().value_unsafe()), out);
      break;
    default:
      AppendJson(value, out);
  }
}

void AppendFormatted(element value, std::string* out) {
  const char* separator = "";
  switch (value.type()) {
    case element_type::ARRAY:
      out->push_back('[');
      for (const element item : ArrayOf(value)) {
        out->append(std::exchange(separator, " "));
        AppendFormatted(item, out);
      }
      out->push_back(']');
      break;
    case element_type::OBJECT:
      out->append("map[");
      for (const auto& [key, member] : SortedMembers(value)) {
        out->append(std::exchange(separator, " ")).append(key).append(":");
        AppendFormatted(member, out);
      }
      out->push_back(']');
      break;
    case element_type::STRING:
      out->append(value.get_string().value_unsafe());
      break;
    case element_type::NULL_VALUE:
      out->append("<nil>");
      break;
    default:
      AppendJson(value, out);
  }
}

std::string LiteralText(const JsonPathLiteral& literal) {
  std::string text;
  if (const auto* string = std::get_if<std::string>(&literal)) text = *string;
  if (const auto* integer = std::get_if<int64_t>(&literal)) AppendJsonInt(*integer, &text);
  if (const auto* real = std::get_if<double>(&literal)) AppendJsonDouble(*real, &text);
  if (const auto* boolean = std::get_if<bool>(&literal)) text = *boolean ? "true" : "false";
  return text;
}

// What can be compared: text, a number, or a boolean.
using Scalar = std::variant<std::string, double, bool>;

absl::StatusOr<Scalar> ToScalar(const JsonPathValue& value) {
  if (const auto* literal = std::get_if<const JsonPathLiteral*>(&value)) {
    return std::visit(
        [](const auto& held) -> Scalar {
          if constexpr (std::is_same_v<std::decay_t<decltype(held)>, int64_t>) {
            return static_cast<double>(held);
          } else {
            return held;
          }
        },
        **literal);
  }
  const element json = std::get<element>(value);
  switch (json.type()) {
    case element_type::STRING:
      return Scalar(std::string(json.get_string().value_unsafe()));
    case element_type::BOOL:
      return Scalar(json.get_bool().value_unsafe());
    case element_type::INT64:
    case element_type::UINT64:
    case element_type::DOUBLE:
      return Scalar(json.get_double().value_unsafe());
    default:
      return absl::InvalidArgumentError("invalid type for comparison");
  }
}

template <typename T>
bool Holds(const T& left, JsonPathStep::Compare compare, const T& right) {
  switch (compare) {
    case JsonPathStep::Compare::kEqual:
      return left == right;
    case JsonPathStep::Compare::kNotEqual:
      return left != right;
    case JsonPathStep::Compare::kLess:
      return left < right;
    case JsonPathStep::Compare::kLessEqual:
      return left <= right;
    case JsonPathStep::Compare::kGreater:
      return left > right;
    case JsonPathStep::Compare::kGreaterEqual:
      return left >= right;
    case JsonPathStep::Compare::kExists:
      break;
  }
  return true;
}

}  // namespace

std::string PrintJsonPathValue(const JsonPathValue& value) {
  const auto* json = std::get_if<element>(&value);
  if (json == nullptr || !(json->is_object() || json->is_array())) return FormatJsonPathValue(value);
  std::string text;
  AppendSorted(*json, &text);
  return text;
}

std::string FormatJsonPathValue(const JsonPathValue& value) {
  if (const auto* literal = std::get_if<const JsonPathLiteral*>(&value)) return LiteralText(**literal);
  std::string text;
  AppendFormatted(std::get<element>(value), &text);
  return text;
}

absl::StatusOr<bool> CompareJsonPathValues(const JsonPathValue& left, JsonPathStep::Compare compare,
                                           const JsonPathValue& right) {
  ASSIGN_OR_RETURN(const Scalar a, ToScalar(left));
  ASSIGN_OR_RETURN(const Scalar b, ToScalar(right));
  if (a.index() != b.index()) return absl::InvalidArgumentError("incompatible types for comparison");
  const bool equality = compare == JsonPathStep::Compare::kEqual || compare == JsonPathStep::Compare::kNotEqual;
  if (std::holds_alternative<bool>(a) && !equality) return absl::InvalidArgumentError("invalid type for comparison");
  return std::visit([&](const auto& held) { return Holds(held, compare, std::get<std::decay_t<decltype(held)>>(b)); },
                    a);
}

}  // namespace kubelite::api
