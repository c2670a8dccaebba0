#pragma once

#include "common/control/reconciler.h"

namespace kubelite::controllers {

struct NodeMonitorOptions {
  absl::Duration monitor_period = absl::Seconds(5);  // how often a node that is not ready is looked at
  absl::Duration grace_period = absl::Seconds(50);   // without a heartbeat
  absl::Duration startup_grace_period = absl::Seconds(60);
  double eviction_rate = 0.1;  // nodes per second and zone
};

// Watches the heartbeats (lease and status) of nodes: a silent node becomes NotReady, its conditions become taints, its
// pods count as not ready.
control::ControllerDef NodeLifecycleController(const NodeMonitorOptions& options);

// Deletes pods from nodes whose NoExecute taints they do not, or no longer, tolerate.
control::ControllerDef TaintEvictionController();

}  // namespace kubelite::controllers
