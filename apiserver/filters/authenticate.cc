#include "apiserver/filters/filters.h"
#include "common/api/errors.h"

namespace kubelite::apiserver {

Filter Authenticate() {
  Filter filter;
  filter.name = "authenticate";
  filter.check = [](Request* request) {
    if (request->user.name.empty()) return api::Unauthorized("Unauthorized");
    static const std::string kAuthenticated = "system:authenticated";
    if (request->user.InGroup("system:unauthenticated")) return absl::OkStatus();
    if (!request->user.InGroup(kAuthenticated)) request->user.groups.push_back(kAuthenticated);
    return absl::OkStatus();
  };
  return filter;
}

}  // namespace kubelite::apiserver
