#pragma once

#include <functional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/client/client.h"

namespace kubelite::cli {

// Calls `handle` with each event of a watch until it returns false or an error. Resumes after lost connections from the
// last revision, or from the present state when that revision is forgotten. Blocks for ever when `handle` never ends
// it.
absl::Status WatchLoop(client::Client& client, const api::ResourceInfo& resource, client::WatchOptions options,
                       const std::function<absl::StatusOr<bool>(const client::WatchEvent&)>& handle);

// The same, but ends with DeadlineExceeded after `timeout` without a final event, and with IsExpired when the revision
// to resume from is forgotten: what was waited for may have happened unseen.
absl::Status WatchLoopFor(client::Client& client, const api::ResourceInfo& resource, client::WatchOptions options,
                          absl::Duration timeout, const base::Clock& clock,
                          const std::function<absl::StatusOr<bool>(const client::WatchEvent&)>& handle);

// Runs `attempt`, which reads the present state and then watches, again for as long as it ends with IsExpired.
absl::Status RetryExpired(const std::function<absl::Status()>& attempt);

}  // namespace kubelite::cli
