#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace kubelite::api {

// Upstream's name formats (k8s.io/apimachinery/pkg/util/validation). Each returns the problems' texts; empty means
// valid.
std::vector<std::string> ValidateDns1123Label(absl::string_view text);
std::vector<std::string> ValidateDns1123Subdomain(absl::string_view text);
std::vector<std::string> ValidateDns1035Label(absl::string_view text);
std::vector<std::string> ValidatePathSegmentName(absl::string_view text);
std::vector<std::string> ValidateQualifiedName(absl::string_view text);  // label and annotation keys
std::vector<std::string> ValidateLabelValue(absl::string_view text);
std::vector<std::string> ValidateConfigMapKey(absl::string_view text);
std::vector<std::string> ValidateEnvVarName(absl::string_view text);
std::vector<std::string> ValidatePortName(absl::string_view text);
std::vector<std::string> ValidatePortNumber(int64_t port);
std::vector<std::string> ValidateIpAddress(absl::string_view text);

}  // namespace kubelite::api
