#pragma once

#include <string>

#include "absl/status/status.h"
#include "common/daemon/options.h"

namespace kubelite::scheduler {

// The configuration of kube-lite-scheduler; each member is a flag of upstream's name.
struct Options : daemon::Options {
  std::string scheduler_name = "default-scheduler";

  // Every problem, each with its flag.
  absl::Status Validate() const;
};

}  // namespace kubelite::scheduler
