#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "apiserver/registry/resource_def.h"

namespace kubelite::apiserver {

// What a kind's hooks make of objects that are written as YAML: for the tables of the tests of kinds. A manifest that
// cannot be read fails the test.

// The row of the object's kind.
const ResourceDef& RowOf(const api::Object& object);
std::unique_ptr<api::Object> FromYaml(absl::string_view yaml);

// The cells of the printed row, joined by " | ". Ages are told as of 2026-01-02T00:00:00Z.
std::string Cells(absl::string_view yaml);
// The names of the columns; those of `-o wide` only are in brackets.
std::string Headers(absl::string_view yaml);
// The object with its defaults, as compact JSON.
std::string Defaulted(absl::string_view yaml);
// The object as it is stored when jane creates it, with the uid "uid".
std::string Created(absl::string_view yaml);
// Any object as compact JSON, to compare with.
std::string Json(absl::string_view yaml);
// Problems of a create, after defaulting and preparing: "spec.replicas: Invalid value: -1: must be ...".
std::vector<std::string> Causes(absl::string_view yaml);
// Problems of replacing `before` by `after`, both defaulted; of the whole object, or of its status.
std::vector<std::string> UpdateCauses(absl::string_view before, absl::string_view after);
std::vector<std::string> StatusCauses(absl::string_view before, absl::string_view after);

}  // namespace kubelite::apiserver
