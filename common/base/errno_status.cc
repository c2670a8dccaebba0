#include "common/base/errno_status.h"

namespace kubelite::base {

absl::Status ErrnoStatus(int error_number, absl::string_view what) { return absl::ErrnoToStatus(error_number, what); }

}  // namespace kubelite::base
