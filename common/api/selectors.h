#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/map.h"

namespace k8s::meta::v1 {
class LabelSelector;
}

namespace kubelite::api {

using LabelMap = google::protobuf::Map<std::string, std::string>;

// A parsed label selector. Empty matches everything. Value type.
class LabelSelector {
 public:
  LabelSelector() = default;
  // "a=b,c!=d,e in (x,y),!f,g,h>3". InvalidArgument with upstream's wording.
  static absl::StatusOr<LabelSelector> Parse(absl::string_view text);
  // matchLabels and matchExpressions. A null or empty selector matches everything here; callers decide what it means.
  static absl::StatusOr<LabelSelector> From(const k8s::meta::v1::LabelSelector& selector);
  static LabelSelector FromMap(const LabelMap& labels);

  bool Matches(const LabelMap& labels) const;
  bool empty() const { return requirements_.empty(); }
  std::string ToString() const;

 private:
  enum class Op { kIn, kNotIn, kExists, kDoesNotExist, kGreater, kLess };
  struct Requirement {
    std::string key;
    Op op;
    std::vector<std::string> values;  // sorted
  };
  std::vector<Requirement> requirements_;
  friend class LabelSelectorParser;
};

// "metadata.name=x,status.phase!=Running". Value type.
class FieldSelector {
 public:
  struct Requirement {
    std::string field;
    bool equal = true;
    std::string value;
  };
  static absl::StatusOr<FieldSelector> Parse(absl::string_view text);
  // `value_of` gives the object's value of a field.
  bool Matches(absl::FunctionRef<std::string(const std::string&)> value_of) const;
  const std::vector<Requirement>& requirements() const { return requirements_; }
  bool empty() const { return requirements_.empty(); }

 private:
  std::vector<Requirement> requirements_;
};

}  // namespace kubelite::api
