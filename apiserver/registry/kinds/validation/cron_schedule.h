#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace kubelite::apiserver {

// Whether the text is a schedule of cron jobs: five fields, or a descriptor such as @daily or @every 1h.
// InvalidArgument with the text of upstream's parser (github.com/robfig/cron).
absl::Status CheckCronSchedule(absl::string_view text);

}  // namespace kubelite::apiserver
