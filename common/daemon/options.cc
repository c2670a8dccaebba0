#include "common/daemon/options.h"

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "common/daemon/flags.h"

namespace kubelite::daemon {

void Options::Check(base::ProblemList* problems) const {
  problems->Require(!kubeconfig.empty(), "--kubeconfig", "must be set to a kubeconfig file");
  problems->Require(leader_elect_retry_period > absl::ZeroDuration(), "--leader-elect-retry-period",
                    "must be greater than zero");
  problems->Require(leader_elect_renew_deadline > leader_elect_retry_period, "--leader-elect-renew-deadline",
                    "must be greater than --leader-elect-retry-period");
  problems->Require(leader_elect_lease_duration > leader_elect_renew_deadline, "--leader-elect-lease-duration",
                    "must be greater than --leader-elect-renew-deadline");
  problems->Require(leader_elect_lease_duration >= absl::Seconds(1), "--leader-elect-lease-duration",
                    "must be at least one second");
}

void AddFlags(CLI::App* cli, const std::string& component, Options* options) {
  cli->add_option("--kubeconfig", options->kubeconfig,
                  "File with the API server's address and this process's identity");
  cli->add_option("--log-level", options->log_level, "debug, info, warning or error")->capture_default_str();
  cli->add_flag("--leader-elect", options->leader_elect,
                absl::StrCat("Work only while holding the lease kube-system/", component,
                             " (default; --leader-elect=false works at once)"));
  AddDuration(cli, "--leader-elect-lease-duration", &options->leader_elect_lease_duration,
              "How long others wait before they take over a lease that is not renewed");
  AddDuration(cli, "--leader-elect-renew-deadline", &options->leader_elect_renew_deadline,
              "How long the leader tries to renew before it gives up");
  AddDuration(cli, "--leader-elect-retry-period", &options->leader_elect_retry_period, "Time between attempts");
}

}  // namespace kubelite::daemon
