#include "common/api/jsonpath.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "common/api/json_document.h"
#include "common/api/jsonpath_tree.h"
#include "common/api/jsonpath_value.h"
#include "common/base/status_macros.h"

namespace kubelite::api {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;
using Step = JsonPathStep;
using Values = std::vector<JsonPathValue>;

absl::Status Problem(absl::string_view problem, const Step& step) {
  return absl::InvalidArgumentError(absl::StrCat(problem, " at position ", step.position));
}

// The parts of the document in `values` that are not null.
std::vector<element> Elements(const Values& values) {
  std::vector<element> elements;
  for (const JsonPathValue& value : values) {
    const auto* json = std::get_if<element>(&value);
    if (json != nullptr && !json->is_null()) elements.push_back(*json);
  }
  return elements;
}

// The members of an object, the items of an array.
Values Children(element value) {
  Values children;
  if (value.is_object()) {
    for (const auto [key, member] : ObjectOf(value)) children.emplace_back(member);
  } else if (value.is_array()) {
    for (const element item : ArrayOf(value)) children.emplace_back(item);
  }
  return children;
}

// The value and everything within it that has parts (texts count), each before its parts.
void Descend(element value, Values* out) {
  const Values children = Children(value);
  const bool text = value.is_string() && value.get_string_length().value_unsafe() > 0;
  if (children.empty() && !text) return;
  out->emplace_back(value);
  for (const element child : Elements(children)) Descend(child, out);
}

absl::StatusOr<Values> Walk(const std::vector<Step>& steps, Values values);

absl::Status TakeSlice(const Step& step, element value, Values* out) {
  if (!value.is_array()) return Problem(absl::StrCat(DescribeJson(value), " is not an array"), step);
  const Values items = Children(value);
  const auto size = static_cast<int64_t>(items.size());
  int64_t begin = step.begin.value_or(0);
  if (begin < 0) begin += size;
  int64_t end = step.ranged ? step.end.value_or(size) : begin + 1;
  if (step.ranged && end < 0) end += size;
  if (begin == end) return absl::OkStatus();  // nothing is asked for, as of [*] in an empty array
  const auto outside = [&](int64_t index) {
    return Problem(absl::StrCat("array index out of bounds: index ", index, ", length ", size), step);
  };
  if (begin < 0 || begin >= size) return outside(begin);
  if (end < 0 || end > size) return outside(end - 1);
  if (begin > end) {
    return Problem(absl::StrCat("starting index ", begin, " is greater than ending index ", end), step);
  }
  const int64_t stride = step.stride.value_or(1);
  if (stride <= 0) return Problem("step must be > 0", step);
  for (int64_t i = begin; i < end; i += stride) out->push_back(items[static_cast<size_t>(i)]);
  return absl::OkStatus();
}

// The only value of a filter's side; null when there is none.
absl::StatusOr<const JsonPathValue*> Only(const Values& values, const Step& step) {
  if (values.size() > 1) return Problem("can only compare one element at a time", step);
  return values.empty() ? nullptr : &values[0];
}

absl::StatusOr<bool> Passes(const Step& step, const JsonPathValue& item) {
  const absl::StatusOr<Values> left = Walk(step.left, {item});
  if (step.compare == Step::Compare::kExists) return left.ok() && !left->empty();
  if (!left.ok()) return left.status();
  ASSIGN_OR_RETURN(const JsonPathValue* a, Only(*left, step));
  if (a == nullptr) return false;
  ASSIGN_OR_RETURN(const Values right, Walk(step.right, {item}));
  ASSIGN_OR_RETURN(const JsonPathValue* b, Only(right, step));
  if (b == nullptr) return false;
  const absl::StatusOr<bool> passes = CompareJsonPathValues(*a, step.compare, *b);
  if (!passes.ok()) return Problem(passes.status().message(), step);
  return *passes;
}

absl::StatusOr<Values> Take(const Step& step, const Values& values) {
  Values found;
  switch (step.kind) {
    case Step::Kind::kLiteral:
      // A text stands for itself, even where there is nothing; numbers and booleans go with each value.
      if (std::holds_alternative<std::string>(step.literal)) return Values{&step.literal};
      return Values(values.size(), &step.literal);
    case Step::Kind::kUnion:
      for (const std::vector<Step>& part : step.parts) {
        ASSIGN_OR_RETURN(const Values more, Walk(part, values));
        found.insert(found.end(), more.begin(), more.end());
      }
      return found;
    default:
      break;
  }
  for (const element value : Elements(values)) {
    if (step.kind == Step::Kind::kField) {
      element member;
      if (value.is_object() && value.at_key(step.field).get(member) == simdjson::SUCCESS) found.emplace_back(member);
    } else if (step.kind == Step::Kind::kSlice) {
      RETURN_IF_ERROR(TakeSlice(step, value, &found));
    } else if (step.kind == Step::Kind::kRecursive) {
      Descend(value, &found);
    } else if (step.kind == Step::Kind::kWildcard) {
      const Values children = Children(value);
      found.insert(found.end(), children.begin(), children.end());
    } else {
      if (!value.is_array()) {
        return Problem(absl::StrCat(DescribeJson(value), " is not an array and cannot be filtered"), step);
      }
      for (const JsonPathValue& item : Children(value)) {
        ASSIGN_OR_RETURN(const bool passes, Passes(step, item));
        if (passes) found.push_back(item);
      }
    }
  }
  return found;
}

absl::StatusOr<Values> Walk(const std::vector<Step>& steps, Values values) {
  for (const Step& step : steps) {
    ASSIGN_OR_RETURN(values, Take(step, values));
  }
  return values;
}

// What a template gives: text, or the values of an action.
struct Piece {
  const std::string* text = nullptr;
  Values values;
};

absl::Status Run(const std::vector<JsonPathBlock>& blocks, const JsonPathValue& current, std::vector<Piece>* pieces) {
  for (const JsonPathBlock& block : blocks) {
    if (block.kind == JsonPathBlock::Kind::kText) {
      pieces->push_back({&block.text, {}});
      continue;
    }
    ASSIGN_OR_RETURN(Values values, Walk(block.steps, {current}));
    if (block.kind == JsonPathBlock::Kind::kAction) {
      pieces->push_back({nullptr, std::move(values)});
      continue;
    }
    for (const JsonPathValue& value : values) RETURN_IF_ERROR(Run(block.body, value, pieces));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<JsonPathTemplate> JsonPathTemplate::Parse(absl::string_view text) {
  ASSIGN_OR_RETURN(std::shared_ptr<const JsonPathTree> tree, ParseJsonPath(text));
  return JsonPathTemplate(std::move(tree));
}

absl::StatusOr<JsonPathTemplate> JsonPathTemplate::ParsePath(absl::string_view text) {
  absl::string_view path = text;
  if (absl::ConsumePrefix(&path, "{") && !absl::ConsumeSuffix(&path, "}")) path = "";
  absl::ConsumePrefix(&path, ".");
  if (path.empty() || path.find_first_of("{}") != absl::string_view::npos) {
    return absl::InvalidArgumentError(
        "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'");
  }
  return Parse(absl::StrCat("{.", path, "}"));
}

absl::StatusOr<std::string> JsonPathTemplate::Print(absl::string_view json) const {
  ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(json));
  std::vector<Piece> pieces;
  RETURN_IF_ERROR(Run(tree_->blocks, document.root(), &pieces));
  std::string text;
  for (const Piece& piece : pieces) {
    absl::StrAppend(&text, piece.text != nullptr ? *piece.text : "",
                    absl::StrJoin(piece.values, " ", [](std::string* out, const JsonPathValue& value) {
                      out->append(PrintJsonPathValue(value));
                    }));
  }
  return text;
}

absl::StatusOr<std::vector<std::string>> JsonPathTemplate::Values(absl::string_view json) const {
  ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(json));
  std::vector<Piece> pieces;
  RETURN_IF_ERROR(Run(tree_->blocks, document.root(), &pieces));
  std::vector<std::string> texts;
  for (const Piece& piece : pieces) {
    for (const JsonPathValue& value : piece.values) texts.push_back(FormatJsonPathValue(value));
  }
  return texts;
}

}  // namespace kubelite::api
