#pragma once

#include <string>

#include "absl/time/time.h"
#include "common/base/options.h"

namespace CLI {
class App;
}

namespace kubelite::daemon {

// The configuration that all leader-elected daemons have; each member is a flag of upstream's name. A daemon's own
// options derive from it.
struct Options {
  std::string kubeconfig;
  std::string log_level = "info";
  bool leader_elect = true;
  std::string leader_elect_identity;  // no flag: claimed by Run; empty: made by chance
  absl::Duration leader_elect_lease_duration = absl::Seconds(15);
  absl::Duration leader_elect_renew_deadline = absl::Seconds(10);
  absl::Duration leader_elect_retry_period = absl::Seconds(2);

  // Every problem of these, each with its flag.
  void Check(base::ProblemList* problems) const;
};

// The flags of these options. `component` names the lease.
void AddFlags(CLI::App* cli, const std::string& component, Options* options);

}  // namespace kubelite::daemon
