#pragma once

#include <cstdint>
#include <string>

namespace k8s::core::v1 {
class PodTemplateSpec;
}

namespace kubelite::controllers {

inline constexpr char kPodTemplateHash[] = "pod-template-hash";

// The template's bytes with everything that means the same written the same way: unset and zero members that the schema
// does not tell apart are left out, maps are sorted, and the hash label is dropped. Two templates are equal when these
// are.
std::string CanonicalTemplate(const k8s::core::v1::PodTemplateSpec& pod_template);

// The value of label pod-template-hash: stable for a template, different for another collision count.
std::string TemplateHash(const k8s::core::v1::PodTemplateSpec& pod_template, int collision_count);

}  // namespace kubelite::controllers
