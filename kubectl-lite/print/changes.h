#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/api/object.h"

namespace kubelite::cli {

// One field that differs between two states of an object.
struct FieldChange {
  std::string path;    // "spec.template.spec.containers[app].image"
  std::string before;  // "" when there was none; long values and whole objects are shortened
  std::string after;
  bool operator==(const FieldChange&) const = default;
};

// What differs, in the order of the fields but metadata and status last; elements of lists are told apart by their
// name, type or uid. What every write touches (resourceVersion, generation, managedFields, the last applied manifest)
// is left out.
std::vector<FieldChange> ChangedFields(const api::Object& before, const api::Object& after);

// "spec.replicas 3->5, spec.paused <none>->true, and 2 more", at most about `width` bytes.
std::string ChangesText(const std::vector<FieldChange>& changes, size_t width);

// The object as YAML without resourceVersion and managedFields: what a difference is taken of.
absl::StatusOr<std::string> ComparableYaml(const api::Object& object);

}  // namespace kubelite::cli
