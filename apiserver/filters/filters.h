#pragma once

#include <vector>

#include "apiserver/server.h"
#include "common/base/clock.h"
#include "common/base/metrics.h"

namespace kubelite::apiserver {

// The steps of the request path, one file each; their order is AllFilters'.

// apiserver_request_total and apiserver_request_duration_seconds, with upstream's labels.
Filter RequestMetrics(const base::Clock& clock, base::MetricsRegistry* metrics);
// Nobody is served without an identity, which may be the anonymous one (in group system:unauthenticated). Every other
// identity is also in group system:authenticated.
Filter Authenticate();
// One line per request: writes at info, reads and heartbeats (leases, events) at debug, refusals at info.
Filter Audit(const base::Clock& clock);
// A small fixed table until roles are served: who may do what. Nodes: node_authorizer.h.
Filter Authorize(Registry* registry);

// The registry outlives the filters.
std::vector<Filter> AllFilters(Registry* registry, base::MetricsRegistry* metrics);

// Answers of the virtual review kinds (kubectl auth can-i, whoami), which ask the table behind Authorize.
void AddAccessReviews(std::vector<ResourceDef>* resources);

struct Decision {
  bool allowed = false;
  std::string reason;  // of a refusal, when there is more to say than that nobody granted it
};
// What Authorize asks: whether the request's user may do it.
Decision Decide(Registry& registry, const Request& request);
// The same for non-resource URLs (health and version are everybody's, documents everyone's who is known), and the
// refusal.
bool MayUsePath(const User& user, absl::string_view verb, absl::string_view path);
absl::Status ForbiddenPath(const Request& request);

}  // namespace kubelite::apiserver
