#pragma once

#include <vector>

#include "apiserver/registry/request.h"

namespace kubelite::apiserver {

// One permission. Lists are separated by blanks. A resource is "plural[.group][/subresource]"; "*" is everything.
struct Rule {
  absl::string_view verbs;
  absl::string_view resources;
  absl::string_view name_space = "";  // only there; empty: everywhere
};

// "plural[.group][/subresource]" of a request.
std::string ResourceText(const Request& request);
bool AnyRuleCovers(const std::vector<Rule>& rules, const Request& request);

}  // namespace kubelite::apiserver
