#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "apiserver/registry/resource_def.h"
#include "google/protobuf/map.h"
#include "google/protobuf/repeated_ptr_field.h"

namespace k8s::core::v1 {
class PodTemplateSpec;
}
namespace k8s::meta::v1 {
class LabelSelector;
}

namespace kubelite::apiserver {

// Ready-made columns and cell texts shared by kinds (upstream: pkg/printers/internalversion).
using Columns = std::vector<TableColumn>;

TableColumn NameColumn();
TableColumn AgeColumn();
// A column whose cell is computed from the typed object and the time.
template <typename T, typename Function>
TableColumn Column(std::string name, std::string type, int priority, Function cell) {
  return {.name = std::move(name),
          .type = std::move(type),
          .priority = priority,
          .cell = [cell](const api::Object& object, absl::Time now) -> std::string {
            return cell(static_cast<const T&>(object), now);
          }};
}
// The same without the time: of text, of whole numbers, of true and false, and of text for `-o wide` only.
template <typename T>
TableColumn Text(std::string name, std::string (*cell)(const T& object)) {
  return Column<T>(std::move(name), "string", 0, [cell](const T& object, absl::Time) { return cell(object); });
}
template <typename T>
TableColumn Number(std::string name, int64_t (*cell)(const T& object)) {
  return Column<T>(std::move(name), "integer", 0,
                   [cell](const T& object, absl::Time) { return std::to_string(cell(object)); });
}
template <typename T>
TableColumn Truth(std::string name, bool (*cell)(const T& object)) {
  return Column<T>(std::move(name), "boolean", 0,
                   [cell](const T& object, absl::Time) { return cell(object) ? "true" : "false"; });
}
template <typename T>
TableColumn Wide(std::string name, std::string (*cell)(const T& object)) {
  return Column<T>(std::move(name), "string", 1, [cell](const T& object, absl::Time) { return cell(object); });
}

std::string OrNone(const std::string& text);
std::string OrUnset(const std::string& text);
std::string ContainerNames(const k8s::core::v1::PodTemplateSpec& pod_template);
std::string ContainerImages(const k8s::core::v1::PodTemplateSpec& pod_template);
// "k=v,k=v" sorted; <none> when empty.
std::string MapText(const google::protobuf::Map<std::string, std::string>& map);
// The selector as text, <invalid> when it does not parse, "" when empty.
std::string SelectorText(const k8s::meta::v1::LabelSelector& selector);
std::string Joined(const google::protobuf::RepeatedPtrField<std::string>& items);
// The first three joined by commas, and how many there are beyond.
std::string FirstThree(const std::vector<std::string>& items);
// An address with a port: IPv6 in brackets.
std::string HostPort(const std::string& host, int port);
// Containers and Images of a kind with spec.template, for `-o wide`.
template <typename T>
Columns WithTemplateColumns(Columns columns) {
  columns.push_back(Wide<T>("Containers", [](const T& o) { return ContainerNames(o.spec().template_()); }));
  columns.push_back(Wide<T>("Images", [](const T& o) { return ContainerImages(o.spec().template_()); }));
  return columns;
}

}  // namespace kubelite::apiserver
