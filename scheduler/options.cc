#include "scheduler/options.h"

#include "common/base/options.h"

namespace kubelite::scheduler {

absl::Status Options::Validate() const {
  base::ProblemList problems;
  problems.Require(!kubeconfig.empty(), "--kubeconfig", "must be set to a kubeconfig file");
  problems.Require(!scheduler_name.empty(), "--scheduler-name", "must not be empty");
  problems.Require(leader_elect_retry_period > absl::ZeroDuration(), "--leader-elect-retry-period",
                   "must be greater than zero");
  problems.Require(leader_elect_renew_deadline > leader_elect_retry_period, "--leader-elect-renew-deadline",
                   "must be greater than --leader-elect-retry-period");
  problems.Require(leader_elect_lease_duration > leader_elect_renew_deadline, "--leader-elect-lease-duration",
                   "must be greater than --leader-elect-renew-deadline");
  problems.Require(leader_elect_lease_duration >= absl::Seconds(1), "--leader-elect-lease-duration",
                   "must be at least one second");
  return problems.ToStatus();
}

}  // namespace kubelite::scheduler
