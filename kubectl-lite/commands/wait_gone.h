#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/client/client.h"

namespace kubelite::cli {

// Blocks until the object with this uid ("": any) is gone. DeadlineExceeded after `timeout` (InfiniteDuration: never).
absl::Status WaitUntilGone(client::Client& client, const api::ResourceInfo& resource, const api::ObjectKey& key,
                           const std::string& uid, absl::Duration timeout, const base::Clock& clock);

}  // namespace kubelite::cli
