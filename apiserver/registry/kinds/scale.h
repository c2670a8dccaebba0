#pragma once

#include <functional>

#include "apiserver/registry/resource_def.h"

namespace kubelite::apiserver {

// The scale subresource (autoscaling/v1 Scale) of a kind with spec.replicas and status.replicas.
struct ScaleAccess {
  std::function<int32_t(const api::Object&)> spec_replicas;
  std::function<int32_t(const api::Object&)> status_replicas;
  std::function<std::string(const api::Object&)> selector;
  std::function<void(api::Object*, int32_t)> set_replicas;
};
// Adds get and update of "scale" to the row.
void AddScale(ResourceDef* def, ScaleAccess access);

}  // namespace kubelite::apiserver
