#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kubelite::api {

// One step of a path into an object, as managedFields writes it.
struct PathElement {
  // kField: a member of an object or map; `text` is its name.
  // kKey: an element of a list with keys; `text` is the compact JSON object of its keys, sorted.
  // kValue: an element of a set; `text` is its JSON. kIndex: an element by position; `text` is the number.
  enum class Kind : char { kField = 'f', kKey = 'k', kValue = 'v', kIndex = 'i' };
  Kind kind = Kind::kField;
  std::string text;

  static PathElement Field(absl::string_view name) { return {Kind::kField, std::string(name)}; }
  bool operator==(const PathElement&) const = default;
  // ".name", `[name="a"]`, `[="x"]`, "[3]", as upstream's messages.
  std::string ToString() const;
};

// Upstream's order: fields, keys, values, indexes; numbers by size, everything else by its text.
bool Before(const PathElement& a, const PathElement& b);

// A set of paths: what a manager owns. A container can be a member itself, or only have members below. Value type.
class FieldSet {
 public:
  struct Node;

  FieldSet();
  FieldSet(const FieldSet&);
  FieldSet(FieldSet&&) noexcept;
  FieldSet& operator=(const FieldSet&);
  FieldSet& operator=(FieldSet&&) noexcept;
  ~FieldSet();

  // `{"f:spec":{".":{},"f:replicas":{}}}`. InvalidArgument for other text.
  static absl::StatusOr<FieldSet> Parse(absl::string_view fields_v1);
  std::string ToFieldsV1() const;
  // Of nodes in any order; equal elements are joined. Takes n log n steps, where Add takes n for one out of order.
  static FieldSet FromNodes(std::vector<Node> nodes);

  bool empty() const { return nodes_.empty(); }
  void Insert(const std::vector<PathElement>& path);
  // Adds to what the set has for `element`: whether it is a member, and what is below. Cheap at the end.
  void Add(PathElement element, bool member, FieldSet below);
  const Node* Find(const PathElement& element) const;
  const std::vector<Node>& nodes() const { return nodes_; }
  bool operator==(const FieldSet& other) const;

  FieldSet Union(const FieldSet& other) const;
  // Members of both; of a container that only one has as a member, what is below in both.
  FieldSet Intersection(const FieldSet& other) const;
  // Members that `other` has not. What is below a member of `other` stays.
  FieldSet Difference(const FieldSet& other) const;
  bool Intersects(const FieldSet& other) const;
  bool Contains(const FieldSet& other) const;

  // The members in order, as ".spec.containers[name=\"a\"].image".
  std::vector<std::string> Paths() const;

 private:
  std::vector<Node> nodes_;  // sorted, unique; none is empty
};

struct FieldSet::Node {
  PathElement element;
  bool member = false;
  FieldSet below;
  bool operator==(const Node&) const = default;
};

// What changed between two forms of an object. Containers that came or went are there besides what is below them.
struct FieldChanges {
  FieldSet added, modified, removed;
  bool empty() const { return added.empty() && modified.empty() && removed.empty(); }
};

}  // namespace kubelite::api
