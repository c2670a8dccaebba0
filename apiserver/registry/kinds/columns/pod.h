#pragma once

#include <string>
#include <vector>

#include "apiserver/registry/resource_def.h"

namespace k8s::core::v1 {
class Pod;
}

namespace kubelite::apiserver {

// READY, STATUS and RESTARTS of a pod as `kubectl get pods` shows them.
struct PodSummary {
  int ready = 0;
  int total = 0;
  std::string status;
  std::string restarts;
};
PodSummary SummarizePod(const k8s::core::v1::Pod& pod, absl::Time now);

std::vector<TableColumn> PodColumns();

}  // namespace kubelite::apiserver
