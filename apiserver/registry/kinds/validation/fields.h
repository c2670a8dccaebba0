#pragma once

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "apiserver/registry/kinds/validation/field_at.h"
#include "common/api/errors.h"

namespace k8s::apimachinery::intstr {
class IntOrString;
}
namespace k8s::meta::v1 {
class LabelSelector;
}

namespace kubelite::apiserver {

// Small rules that kinds share. Each adds to `errors` what is wrong with the field at `path`.
using api::FieldError;
using api::FieldErrors;

inline std::string Child(absl::string_view path, absl::string_view field) { return absl::StrCat(path, ".", field); }
inline std::string Index(absl::string_view path, int index) { return absl::StrCat(path, "[", index, "]"); }
inline std::string Entry(absl::string_view path, absl::string_view key) { return absl::StrCat(path, "[", key, "]"); }

void RequireNonNegative(int64_t value, absl::string_view path, FieldErrors* errors);
// A required value that must be one of `valid` (sorted); empty gives Required.
void RequireOneOf(const std::string& value, const std::vector<std::string>& valid, absl::string_view path,
                  FieldErrors* errors);
// As RequireOneOf, but empty is fine.
void AllowOneOf(const std::string& value, const std::vector<std::string>& valid, absl::string_view path,
                FieldErrors* errors);
// Adds an Invalid error per problem text.
void AddInvalid(const std::vector<std::string>& problems, absl::string_view path, absl::string_view value,
                FieldErrors* errors);
void ValidatePort(int64_t port, absl::string_view path, FieldErrors* errors);
// A port number or port name.
void ValidatePortOrName(const k8s::apimachinery::intstr::IntOrString& port, absl::string_view path,
                        FieldErrors* errors);
// A non-negative number or percentage.
void ValidateNonNegativeIntOrPercent(const k8s::apimachinery::intstr::IntOrString& value, absl::string_view path,
                                     FieldErrors* errors);
// More than "100%".
void RejectOverHundredPercent(const FieldAt& at, const k8s::apimachinery::intstr::IntOrString& value);
// Invalid, showing the value as a number or a string.
void InvalidIntOrString(const FieldAt& at, const k8s::apimachinery::intstr::IntOrString& value,
                        absl::string_view detail);
void ValidateLabelSelector(const k8s::meta::v1::LabelSelector& selector, absl::string_view path, FieldErrors* errors);

}  // namespace kubelite::apiserver
