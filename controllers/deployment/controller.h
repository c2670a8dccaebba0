#pragma once

#include "common/control/reconciler.h"

namespace kubelite::controllers {

// Rolls ReplicaSets so that a Deployment's pods become what its template says.
control::ControllerDef DeploymentController(int workers);

}  // namespace kubelite::controllers
