#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kubelite::api {

// A JSON value that can be edited: what patches work on. Value type.
struct JsonTree {
  enum class Kind { kScalar, kObject, kArray };
  Kind kind = Kind::kScalar;
  std::string scalar = "null";                            // as compact JSON text
  std::vector<std::pair<std::string, JsonTree>> members;  // in order, keys are unique
  std::vector<JsonTree> items;

  // InvalidArgument with the line and column of the problem.
  static absl::StatusOr<JsonTree> Parse(absl::string_view json);
  static JsonTree String(absl::string_view text);
  std::string ToJson() const;

  bool is_object() const { return kind == Kind::kObject; }
  bool is_array() const { return kind == Kind::kArray; }
  bool is_null() const { return kind == Kind::kScalar && scalar == "null"; }
  // The text of a string; empty for other values.
  std::string Text() const;
  // Null when absent.
  JsonTree* Find(absl::string_view key);
  const JsonTree* Find(absl::string_view key) const;
  void Set(absl::string_view key, JsonTree value);
  bool Erase(absl::string_view key);  // whether it was there
  // As JSON values: the order of members does not count.
  bool operator==(const JsonTree& other) const;
};

}  // namespace kubelite::api
