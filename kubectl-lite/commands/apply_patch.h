#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/api/object.h"

namespace kubelite::cli {

inline constexpr char kLastApplied[] = "kubectl.kubernetes.io/last-applied-configuration";

// A manifest's JSON with its namespace and, in the annotation kLastApplied, itself: what apply sends and later compares
// with.
absl::StatusOr<std::string> WithLastApplied(absl::string_view manifest_json, const std::string& name_space);

// The merge patch that makes `current` what the manifest says: `modified` is WithLastApplied of it, the manifest
// applied last is in the annotation of `current`. Lists with a merge key in the schema (containers, ports, env ...) are
// merged by element. "{}" when nothing is to change. A patch that replaces such a list carries the resourceVersion, so
// that it fails when the object has changed.
absl::StatusOr<std::string> ApplyPatch(const api::Object& current, absl::string_view modified);

}  // namespace kubelite::cli
