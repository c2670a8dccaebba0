#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "apiserver/registry/resource_def.h"
#include "google/protobuf/map.h"

namespace k8s::core::v1 {
class PodTemplateSpec;
}
namespace k8s::meta::v1 {
class LabelSelector;
}

namespace kubelite::apiserver {

// Ready-made columns and cell texts shared by kinds (upstream: pkg/printers/internalversion).
TableColumn NameColumn();
TableColumn AgeColumn();
// A column whose cell is computed from the typed object.
template <typename T, typename Function>
TableColumn Column(std::string name, std::string type, int priority, Function cell) {
  return {.name = std::move(name),
          .type = std::move(type),
          .priority = priority,
          .cell = [cell](const api::Object& object, absl::Time now) -> std::string {
            return cell(static_cast<const T&>(object), now);
          }};
}

std::string OrNone(const std::string& text);
std::string ContainerNames(const k8s::core::v1::PodTemplateSpec& pod_template);
std::string ContainerImages(const k8s::core::v1::PodTemplateSpec& pod_template);
// "k=v,k=v" sorted; <none> when empty.
std::string MapText(const google::protobuf::Map<std::string, std::string>& map);
// The selector as text, <invalid> when it does not parse, "" when empty.
std::string SelectorText(const k8s::meta::v1::LabelSelector& selector);

}  // namespace kubelite::apiserver
