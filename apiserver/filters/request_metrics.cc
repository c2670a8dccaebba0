#include "apiserver/filters/filters.h"
#include "common/api/errors.h"

namespace kubelite::apiserver {
namespace {

// Labels come from closed sets: resources that are not served count as one.
std::vector<std::string> Labels(const Request& request) {
  if (!request.path.empty()) return {request.verb, "", "", "", ""};
  if (request.info == nullptr) return {request.verb, "", "", "unknown", ""};
  return {request.verb, request.info->gvk.group, request.info->gvk.version, request.info->plural,
          request.info->FindSubresource(request.subresource) == nullptr ? "" : request.subresource};
}

}  // namespace

Filter RequestMetrics(const base::Clock& clock, base::MetricsRegistry* metrics) {
  auto& total = metrics->AddCounter("apiserver_request_total",
                                    "Requests by verb, group, version, resource, subresource and HTTP response code.",
                                    {"verb", "group", "version", "resource", "subresource", "code"});
  auto& duration = metrics->AddHistogram(
      "apiserver_request_duration_seconds", "Response latency by verb, group, version, resource and subresource.",
      {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60},
      {"verb", "group", "version", "resource", "subresource"});
  Filter filter;
  filter.name = "metrics";
  filter.done = [&clock, &total, &duration](const Request& request, const absl::Status& result) {
    std::vector<std::string> labels = Labels(request);
    duration.With(labels).Observe(absl::ToDoubleSeconds(clock.Now() - request.received));
    const int created = request.verb == "create" ? 201 : 200;
    labels.push_back(absl::StrCat(result.ok() ? created : api::ToApiStatus(result).code()));
    total.With(labels).Increment();
  };
  return filter;
}

}  // namespace kubelite::apiserver
