#pragma once

#include <vector>

#include "common/control/reconciler.h"
#include "controllers/options.h"

namespace kubelite::controllers {

// Every control loop of the process. A fresh list each time: rows carry state that their watches and reconciler share.
// CHECK-fails on duplicate names: a mistake in the table. (The garbage collector is not a row; see app.cc.)
std::vector<control::ControllerDef> AllControllers(const Options& options);

}  // namespace kubelite::controllers
