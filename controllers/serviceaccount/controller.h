#pragma once

#include "common/control/reconciler.h"

namespace kubelite::controllers {

// Keeps service account `default` in every active namespace: pods without one of their own use it.
control::ControllerDef ServiceAccountController(int workers);

}  // namespace kubelite::controllers
