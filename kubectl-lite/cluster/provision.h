#pragma once

#include <string>

#include "absl/status/status.h"
#include "common/base/clock.h"
#include "kubectl-lite/cluster/layout.h"

namespace kubelite::cli {

// Writes what a cluster needs before its first kubelet starts: certificates, kubeconfigs, static pod manifests and
// images. Certificates that exist and are valid for another 30 days are kept; everything else is written anew, so a
// changed port or a moved binary directory takes effect. Blocks on the disk.
absl::Status Provision(const Layout& layout, const ClusterRecord& record, const std::string& binary_directory,
                       const base::Clock& clock);

}  // namespace kubelite::cli
