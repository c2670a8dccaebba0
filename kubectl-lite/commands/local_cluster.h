#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kubectl-lite/framework/command.h"

namespace kubelite::cli {

// --name and --data-dir of the commands on an existing local cluster.
std::vector<Flag> LocalClusterFlags();
// The data directory that they name, else the current cluster's. NotFound with the remedy when it holds no cluster.
absl::StatusOr<std::string> LocalClusterDirectory(const Args& args);

}  // namespace kubelite::cli
