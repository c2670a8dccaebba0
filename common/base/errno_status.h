#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace kubelite::base {

// The status of a failed system call: its code chosen by `error_number`, its message "<what>: <system's reason>".
absl::Status ErrnoStatus(int error_number, absl::string_view what);

}  // namespace kubelite::base
