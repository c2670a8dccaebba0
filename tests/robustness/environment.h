#pragma once

#include <cstdint>

namespace kubelite::robustness {

// The number in an environment variable; `otherwise` when it is not set. A test failure when it is no number.
int64_t FromEnvironment(const char* name, int64_t otherwise);

}  // namespace kubelite::robustness
