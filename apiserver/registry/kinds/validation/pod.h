#pragma once

#include "absl/strings/string_view.h"
#include "common/api/errors.h"

namespace k8s::core::v1 {
class Pod;
class PodSpec;
class PodTemplateSpec;
}  // namespace k8s::core::v1

namespace kubelite::apiserver {

// Rules of a pod spec wherever it stands ("spec", "spec.template.spec"); defaults must have been applied. Upstream:
// pkg/apis/core/validation ValidatePodSpec. Volume sources other than the common ones are not looked into.
void ValidatePodSpec(const k8s::core::v1::PodSpec& spec, absl::string_view path, api::FieldErrors* errors);
// Labels, annotations and spec of a template at `path` ("spec.template").
void ValidatePodTemplate(const k8s::core::v1::PodTemplateSpec& pod_template, absl::string_view path,
                         api::FieldErrors* errors);
// Which fields of a running pod may change.
void ValidatePodUpdate(const k8s::core::v1::Pod& pod, const k8s::core::v1::Pod& old, api::FieldErrors* errors);

}  // namespace kubelite::apiserver
