#include "apiserver/filters/filters.h"

namespace kubelite::apiserver {

std::vector<Filter> AllFilters(Registry* registry, base::MetricsRegistry* metrics) {
  const base::Clock& clock = registry->clock();
  return {RequestMetrics(clock, metrics), Authenticate(), Audit(clock), Authorize(registry)};
}

}  // namespace kubelite::apiserver
