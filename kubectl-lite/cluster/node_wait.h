#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "kubectl-lite/cluster/layout.h"

namespace kubelite::cli {

// Blocks until every node of the record is Ready, gives each its role label, and waits until the control plane's pods
// run. `failure` is asked now and then; a non-empty answer ends the wait with it. DeadlineExceeded names what is still
// missing.
absl::Status WaitForNodes(const Layout& layout, const ClusterRecord& record, absl::Duration timeout,
                          const base::Clock& clock, const std::function<std::string()>& failure);

// Whether the cluster's API server answers the administrator within `timeout`.
bool ApiServerAnswers(const Layout& layout, absl::Duration timeout);

}  // namespace kubelite::cli
