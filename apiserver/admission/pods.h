#pragma once

#include "apiserver/registry/request.h"

namespace k8s::core::v1 {
class Pod;
}

namespace kubelite::apiserver {

// The pod that a request creates or updates as such (not through a subresource); null for everything else.
k8s::core::v1::Pod* PodOf(const Request& request, api::Object* object);
// Made by a kubelet to show a static pod.
bool IsMirrorPod(const k8s::core::v1::Pod& pod);

}  // namespace kubelite::apiserver
