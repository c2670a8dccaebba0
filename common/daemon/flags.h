#pragma once

#include <string>

#include "absl/time/time.h"

namespace CLI {
class App;
}

namespace kubelite::daemon {

// A flag that holds a duration such as 15s; its default is the present value.
void AddDuration(CLI::App* cli, const std::string& flag, absl::Duration* value, const std::string& help);

}  // namespace kubelite::daemon
