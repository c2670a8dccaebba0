#pragma once

#include "absl/strings/string_view.h"
#include "common/api/errors.h"

namespace k8s::core::v1 {
class PodTemplateSpec;
}
namespace k8s::meta::v1 {
class LabelSelector;
}

namespace kubelite::apiserver {

// Rules that the kinds with a pod template share.

// The selector (null: not given) is there, not empty, and selects the template's pods.
void ValidateSelectorOf(const k8s::core::v1::PodTemplateSpec& pod_template,
                        const k8s::meta::v1::LabelSelector* selector, absl::string_view kind, api::FieldErrors* errors);
// The template of pods that are replaced when they end. `kind` is what upstream's text calls the owner.
void ValidateLastingTemplate(const k8s::core::v1::PodTemplateSpec& pod_template, absl::string_view kind,
                             api::FieldErrors* errors);
// Of these, only that the pods are replaced when they end.
void ValidateLastingPods(const k8s::core::v1::PodTemplateSpec& pod_template, absl::string_view kind,
                         api::FieldErrors* errors);

}  // namespace kubelite::apiserver
