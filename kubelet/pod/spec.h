#pragma once

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::kubelet {

// Facts of a pod spec as the kubelet reads them; what is unset has upstream's default, since static pods pass no API
// server.

std::string RestartPolicy(const k8s::core::v1::Pod& pod);           // Always, OnFailure, Never
absl::Duration GracePeriod(const k8s::core::v1::Pod& pod);          // of its deletion, else of its spec
std::string PullPolicy(const k8s::core::v1::Container& container);  // Always, IfNotPresent, Never
// An init container that keeps running beside the app containers.
bool IsSidecar(const k8s::core::v1::Container& init_container);
// Changes when the container must be restarted to follow its spec.
std::string ContainerHash(const k8s::core::v1::Container& container);
std::string QosClass(const k8s::core::v1::Pod& pod);  // Guaranteed, Burstable, BestEffort
std::string Hostname(const k8s::core::v1::Pod& pod);  // at most 63 characters
// "default/web-1".
std::string PodName(const k8s::core::v1::Pod& pod);
// "web-1_default(uid)", as in upstream's messages.
std::string FormatPod(const k8s::core::v1::Pod& pod);
// spec.containers{app} or spec.initContainers{setup}.
std::string FieldPath(const std::string& container, bool is_init);
// Null when there is none of that name; sets `is_init`.
const k8s::core::v1::Container* FindContainer(const k8s::core::v1::Pod& pod, const std::string& name, bool* is_init);

}  // namespace kubelite::kubelet
