#include "apiserver/registry/request.h"

namespace kubelite::apiserver {

bool User::InGroup(absl::string_view group) const {
  return std::any_of(groups.begin(), groups.end(), [group](const std::string& g) { return g == group; });
}

}  // namespace kubelite::apiserver
