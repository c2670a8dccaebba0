#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace k8s::apimachinery::intstr {
class IntOrString;
}

namespace kubelite::api {

k8s::apimachinery::intstr::IntOrString MakeInt(int value);
k8s::apimachinery::intstr::IntOrString MakeString(const std::string& value);
bool IsString(const k8s::apimachinery::intstr::IntOrString& value);
std::string ToString(const k8s::apimachinery::intstr::IntOrString& value);

// An absolute number, or a percentage of `total` rounded as told. InvalidArgument for other strings.
absl::StatusOr<int> ScaledValue(const k8s::apimachinery::intstr::IntOrString& value, int total, bool round_up);

}  // namespace kubelite::api
