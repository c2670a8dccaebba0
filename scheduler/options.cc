#include "scheduler/options.h"

#include "common/base/options.h"

namespace kubelite::scheduler {

absl::Status Options::Validate() const {
  base::ProblemList problems;
  Check(&problems);
  problems.Require(!scheduler_name.empty(), "--scheduler-name", "must not be empty");
  return problems.ToStatus();
}

}  // namespace kubelite::scheduler
