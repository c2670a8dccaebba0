#include "absl/strings/str_cat.h"
#include "apiserver/filters/filters.h"
#include "common/api/errors.h"
#include "common/base/log.h"

namespace kubelite::apiserver {
namespace {

bool IsRead(const Request& request) {
  return request.verb == "get" || request.verb == "head" || request.verb == "list" || request.verb == "watch";
}

// Written all the time by everyone; at info they would drown what people do.
bool IsHeartbeat(const Request& request) { return request.resource == "leases" || request.resource == "events"; }

int CodeOf(const absl::Status& result) { return result.ok() ? 200 : api::ToApiStatus(result).code(); }

}  // namespace

Filter Audit(const base::Clock& clock) {
  Filter filter;
  filter.name = "audit";
  filter.done = [&clock](const Request& request, const absl::Status& result) {
    const bool refused = api::IsForbidden(result) || api::IsUnauthorized(result);
    const bool quiet = IsRead(request) || IsHeartbeat(request);
    const base::LogLevel level = quiet && !refused ? base::LogLevel::kDebug : base::LogLevel::kInfo;
    std::string resource = request.info == nullptr ? request.resource : request.info->GroupResource();
    if (!request.subresource.empty()) absl::StrAppend(&resource, "/", request.subresource);
    if (!request.path.empty()) resource = request.path;
    base::Log(level, "Request",
              {{"user", request.user.name},
               {"verb", request.verb},
               {"resource", resource},
               {"namespace", request.name_space},
               {"name", request.name},
               {"code", CodeOf(result)},
               {"duration", clock.Now() - request.received}});
  };
  return filter;
}

}  // namespace kubelite::apiserver
