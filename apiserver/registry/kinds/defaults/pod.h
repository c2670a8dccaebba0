#pragma once

namespace k8s::core::v1 {
class Pod;
class PodSpec;
class PodTemplateSpec;
}  // namespace k8s::core::v1

namespace kubelite::apiserver {

// Upstream's defaults of a pod (pkg/apis/core/v1/defaults.go). Idempotent.
void DefaultPod(k8s::core::v1::Pod* pod);
void DefaultPodTemplate(k8s::core::v1::PodTemplateSpec* pod_template);

// Guaranteed, Burstable or BestEffort.
const char* QosClass(const k8s::core::v1::PodSpec& spec);

}  // namespace kubelite::apiserver
