#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/daemon/options.h"

namespace kubelite::controllers {

// The configuration of kube-lite-controllers; each member is a flag of upstream's name.
struct Options : daemon::Options {
  int concurrent_deployment_syncs = 4;
  int concurrent_replicaset_syncs = 4;
  int concurrent_rc_syncs = 2;
  int concurrent_namespace_syncs = 4;
  int concurrent_gc_syncs = 4;
  int concurrent_serviceaccount_token_syncs = 2;

  absl::Duration node_monitor_period = absl::Seconds(5);
  absl::Duration node_monitor_grace_period = absl::Seconds(50);
  absl::Duration node_startup_grace_period = absl::Seconds(60);
  double node_eviction_rate = 0.1;  // nodes per second that may get their NoExecute taint
  int terminated_pod_gc_threshold = 12500;

  // Every problem, each with its flag.
  absl::Status Validate() const;
};

}  // namespace kubelite::controllers
