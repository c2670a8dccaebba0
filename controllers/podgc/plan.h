#pragma once

#include <memory>
#include <ostream>
#include <string>

#include "absl/time/time.h"

namespace k8s::core::v1 {
class Node;
class Pod;
}  // namespace k8s::core::v1

namespace kubelite::controllers {

// A pod whose node has been gone for so long is lost: nobody will ever report its end.
constexpr absl::Duration kOrphanQuarantine = absl::Seconds(40);

struct PodGcSnapshot {
  const k8s::core::v1::Pod& pod;
  const k8s::core::v1::Node* node = nullptr;  // the pod's node; null when it does not exist
  absl::Time node_missing_since;              // when `node` is null and the pod has a node name
  absl::Time now;
};

struct PodGcPlan {
  bool remove = false;                            // with grace period 0
  std::shared_ptr<k8s::core::v1::Pod> as_failed;  // write this status first; null: none
  absl::Duration requeue_after = absl::ZeroDuration();
  std::string ToString() const;
};
std::ostream& operator<<(std::ostream& out, const PodGcPlan& plan);

// Pure. Removes pods that nobody else will: terminating ones that never got a node, those of nodes that are gone, and
// terminating ones of nodes that are out of service.
PodGcPlan PlanPodGc(const PodGcSnapshot& snapshot);

}  // namespace kubelite::controllers
