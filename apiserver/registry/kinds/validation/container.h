#pragma once

#include <set>
#include <string>

#include "common/api/errors.h"

namespace k8s::core::v1 {
class Container;
class PodSpec;
}  // namespace k8s::core::v1

namespace kubelite::apiserver {

// Rules of one container at `at` ("spec.containers[0]"). `volumes` are the names a mount may refer to.
void ValidateContainer(const k8s::core::v1::Container& container, const k8s::core::v1::PodSpec& spec,
                       const std::set<std::string>& volumes, const std::string& at, api::FieldErrors* errors);
// What only init containers must not have.
void ValidateInitContainer(const k8s::core::v1::Container& container, const std::string& at, api::FieldErrors* errors);

}  // namespace kubelite::apiserver
