#pragma once

#include "absl/strings/string_view.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {

// Whether the pod's spec names `name` as one of `resource`: secrets, configmaps, persistentvolumeclaims or
// serviceaccounts of its own namespace. Mirror pods name nothing: a node makes them, and must not give itself access.
bool PodRefersTo(const k8s::core::v1::Pod& pod, absl::string_view resource, absl::string_view name);

}  // namespace kubelite::apiserver
