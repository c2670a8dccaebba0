#include "apiserver/filters/filters.h"

namespace kubelite::apiserver {

std::vector<Filter> AllFilters(const base::Clock& clock, base::MetricsRegistry* metrics) {
  return {RequestMetrics(clock, metrics), Authenticate(), Audit(clock), Authorize()};
}

}  // namespace kubelite::apiserver
