#pragma once

#include "common/control/reconciler.h"

namespace kubelite::controllers {

// Keep as many pods as spec.replicas says.
control::ControllerDef ReplicaSetController(int workers);
control::ControllerDef ReplicationControllerController(int workers);

}  // namespace kubelite::controllers
