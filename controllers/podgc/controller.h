#pragma once

#include "common/control/reconciler.h"

namespace kubelite::controllers {

// Removes pods that nobody else will remove, and the oldest ended pods when there are more than `threshold` (0: never).
control::ControllerDef PodGcController(int threshold);

}  // namespace kubelite::controllers
