#include "apiserver/filters/filters.h"
#include "common/api/errors.h"

namespace kubelite::apiserver {

Filter Authenticate() {
  Filter filter;
  filter.name = "authenticate";
  filter.check = [](Request* request) {
    if (request->user.name.empty()) return api::Unauthorized("Unauthorized");
    if (!request->user.InGroup("system:authenticated")) request->user.groups.push_back("system:authenticated");
    return absl::OkStatus();
  };
  return filter;
}

}  // namespace kubelite::apiserver
