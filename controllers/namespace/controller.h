#pragma once

#include "common/control/reconciler.h"

namespace kubelite::controllers {

// Empties namespaces that are being deleted, then lets them go.
control::ControllerDef NamespaceController(int workers);

}  // namespace kubelite::controllers
