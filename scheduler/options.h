#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace kubelite::scheduler {

// The configuration of kube-lite-scheduler; each member is a flag of upstream's name.
struct Options {
  std::string kubeconfig;
  std::string log_level = "info";
  std::string scheduler_name = "default-scheduler";
  bool leader_elect = true;
  std::string leader_elect_identity;  // empty: made from the host's name and chance
  absl::Duration leader_elect_lease_duration = absl::Seconds(15);
  absl::Duration leader_elect_renew_deadline = absl::Seconds(10);
  absl::Duration leader_elect_retry_period = absl::Seconds(2);

  // Every problem, each with its flag.
  absl::Status Validate() const;
};

}  // namespace kubelite::scheduler
