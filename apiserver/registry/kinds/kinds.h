#pragma once

#include <vector>

#include "apiserver/registry/resource_def.h"

namespace kubelite::apiserver {

// The rows of kinds that have hooks of their own, one line each (kinds.cc). Every other resource of the schema is
// served with generic behaviour (registry/all.cc).
std::vector<ResourceDef> KindDefs();

}  // namespace kubelite::apiserver
