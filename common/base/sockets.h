#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace kubelite::base {

// A TCP port that nothing listens on at `host` (a name or an IP address) now. Another process may take it before it is
// used, so prefer to listen on port 0 where the listener can report its port.
absl::StatusOr<int> FreeTcpPort(const std::string& host);

// FailedPrecondition naming host and port when something listens there already; other codes when `host` is no local
// address or the port is not permitted.
absl::Status PortIsFree(const std::string& host, int port);

}  // namespace kubelite::base
