#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace kubelite::apiserver {

// Formats beside those of common/api/names.h that fields of some kinds have. Each returns the problems' texts; empty
// means valid.
std::vector<std::string> ValidateCidr(absl::string_view text);
std::vector<std::string> ValidateDomainPrefixedPath(absl::string_view text);  // acme.io/foo
std::vector<std::string> ValidateFullyQualifiedName(absl::string_view text);  // at least three segments
std::vector<std::string> ValidateWildcardSubdomain(absl::string_view text);   // *.example.com
std::vector<std::string> ValidateCsiDriverName(absl::string_view text);
std::vector<std::string> ValidateQuotaResource(absl::string_view text);
// Addresses that a service or an endpoint can be reached at: not loopback, link-local or unspecified.
std::vector<std::string> ValidateReachableIp(absl::string_view text);

bool IsIpv4(absl::string_view text);
bool IsIpv6(absl::string_view text);
// Whether the block `inner` lies strictly within `outer`; both must be valid.
bool StrictlyWithin(absl::string_view inner, absl::string_view outer);

}  // namespace kubelite::apiserver
