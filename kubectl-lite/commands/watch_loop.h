#pragma once

#include <functional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/client/client.h"

namespace kubelite::cli {

// Calls `handle` with each event of a watch until it returns false or an error. Resumes after lost connections from the
// last revision. Blocks for ever when `handle` never ends it.
absl::Status WatchLoop(client::Client& client, const api::ResourceInfo& resource, client::WatchOptions options,
                       const std::function<absl::StatusOr<bool>(const client::WatchEvent&)>& handle);

// The same, but ends with DeadlineExceeded after `timeout` without a final event.
absl::Status WatchLoopFor(client::Client& client, const api::ResourceInfo& resource, client::WatchOptions options,
                          absl::Duration timeout, const base::Clock& clock,
                          const std::function<absl::StatusOr<bool>(const client::WatchEvent&)>& handle);

}  // namespace kubelite::cli
