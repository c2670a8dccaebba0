#pragma once

#include <vector>

#include "apiserver/registry/resource_def.h"

namespace kubelite::apiserver {

// Kinds that are served in two groups or versions over one stored object: events.k8s.io/v1 shows the core events,
// autoscaling/v1 the autoscalers of v2. Two rows of one group and plural must share their objects, or their keys would
// collide.
void AddVersions(std::vector<ResourceDef>* resources);

// These turn the row that they are about into a view and leave others alone.
void MakeEventView(ResourceDef* def);
void MakeAutoscalingView(ResourceDef* def);
// Columns, defaults and rules of the stored kind for its view.
void BehaveAsStored(const ResourceDef& stored, ResourceDef* view);

}  // namespace kubelite::apiserver
