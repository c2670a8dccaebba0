#include "common/daemon/flags.h"

#include "CLI/CLI.hpp"
#include "common/base/options.h"

namespace kubelite::daemon {

void AddDuration(CLI::App* cli, const std::string& flag, absl::Duration* value, const std::string& help) {
  cli->add_option_function<std::string>(
         flag,
         [flag, value](const std::string& text) {
           absl::StatusOr<absl::Duration> parsed = base::ParseDurationFlag(flag, text);
           if (!parsed.ok()) throw CLI::ValidationError(std::string(parsed.status().message()));
           *value = *parsed;
         },
         help)
      ->type_name("DURATION")
      ->default_str(absl::FormatDuration(*value));
}

}  // namespace kubelite::daemon
