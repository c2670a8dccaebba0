#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/client/kubeconfig.h"
#include "kubectl-lite/framework/command.h"

namespace kubelite::cli {

// The kubeconfig file of an invocation: --kubeconfig, else `environment` ($KUBECONFIG, one path), else the current
// local cluster's. FailedPrecondition with the remedy when there is none.
absl::StatusOr<std::string> KubeconfigPath(const Args& args, const std::string& environment);

// Reads that file and resolves --context or its current context. Errors name the file.
absl::StatusOr<client::ResolvedContext> ResolveKubeconfig(const Args& args, const std::string& environment);

}  // namespace kubelite::cli
