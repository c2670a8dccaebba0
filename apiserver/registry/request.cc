#include "apiserver/registry/request.h"

#include <algorithm>

#include "absl/strings/strip.h"

namespace kubelite::apiserver {

bool User::InGroup(absl::string_view group) const {
  return std::any_of(groups.begin(), groups.end(), [group](const std::string& g) { return g == group; });
}

std::string NodeOf(const User& user) {
  absl::string_view name = user.name;
  if (!user.InGroup("system:nodes") || !absl::ConsumePrefix(&name, "system:node:")) return "";
  return std::string(name);
}

}  // namespace kubelite::apiserver
