#pragma once

#include <memory>

#include "common/control/reconciler.h"

namespace kubelite::controllers {

std::unique_ptr<control::Reconciler> NewNamespaceReconciler(const control::Deps& deps);

}  // namespace kubelite::controllers
