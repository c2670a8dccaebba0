#pragma once

#include <vector>

#include "apiserver/registry/resource_def.h"

namespace kubelite::apiserver {

// Kinds that are served in two groups over one stored object: makes events.k8s.io/v1 events a view of the core ones.
void AddVersions(std::vector<ResourceDef>* resources);

}  // namespace kubelite::apiserver
