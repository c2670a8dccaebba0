#include "controllers/options.h"

#include "common/base/options.h"

namespace kubelite::controllers {

absl::Status Options::Validate() const {
  base::ProblemList problems;
  Check(&problems);
  const auto require_workers = [&problems](int workers, absl::string_view flag) {
    problems.Require(workers >= 1 && workers <= 100, flag, "must be from 1 to 100");
  };
  require_workers(concurrent_deployment_syncs, "--concurrent-deployment-syncs");
  require_workers(concurrent_replicaset_syncs, "--concurrent-replicaset-syncs");
  require_workers(concurrent_rc_syncs, "--concurrent-rc-syncs");
  require_workers(concurrent_namespace_syncs, "--concurrent-namespace-syncs");
  require_workers(concurrent_gc_syncs, "--concurrent-gc-syncs");
  require_workers(concurrent_serviceaccount_token_syncs, "--concurrent-serviceaccount-token-syncs");
  problems.Require(node_monitor_period > absl::ZeroDuration(), "--node-monitor-period", "must be greater than zero");
  problems.Require(node_monitor_grace_period > node_monitor_period, "--node-monitor-grace-period",
                   "must be greater than --node-monitor-period");
  problems.Require(node_startup_grace_period >= absl::ZeroDuration(), "--node-startup-grace-period",
                   "must not be negative");
  problems.Require(node_eviction_rate > 0, "--node-eviction-rate", "must be greater than zero");
  problems.Require(terminated_pod_gc_threshold >= 0, "--terminated-pod-gc-threshold", "must not be negative");
  return problems.ToStatus();
}

}  // namespace kubelite::controllers
