#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "apiserver/registry/kinds/columns/kind_columns.h"
#include "common/api/quantity.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::core::v1::ComponentStatus;
using k8s::core::v1::PodTemplate;
using k8s::core::v1::ReplicationController;
using k8s::core::v1::ResourceQuota;

const k8s::core::v1::ComponentCondition* Health(const ComponentStatus& component) {
  for (const auto& condition : component.conditions()) {
    if (condition.type() == "Healthy") return &condition;
  }
  return nullptr;
}

// "name: used/hard" of the limits, or of everything else.
std::string Usage(const ResourceQuota& quota, bool limits) {
  std::map<std::string, std::string> texts;
  for (const auto& [name, hard] : quota.status().hard()) {
    if (absl::StartsWith(name, "limits.") != limits) continue;
    const auto used = quota.status().used().find(name);
    const api::Quantity amount =
        used == quota.status().used().end() ? api::Quantity() : api::Quantity::From(used->second);
    texts[name] = absl::StrCat(name, ": ", amount.ToString(), "/", api::Quantity::From(hard).ToString());
  }
  std::string joined;
  for (const auto& [name, text] : texts) absl::StrAppend(&joined, joined.empty() ? "" : ", ", text);
  return joined;
}

}  // namespace

Columns PodTemplateColumns() {
  return {
      NameColumn(), Text<PodTemplate>("Containers", [](const PodTemplate& t) { return ContainerNames(t.template_()); }),
      Text<PodTemplate>("Images", [](const PodTemplate& t) { return ContainerImages(t.template_()); }),
      Text<PodTemplate>("Pod Labels", [](const PodTemplate& t) { return MapText(t.template_().metadata().labels()); })};
}

Columns ReplicationControllerColumns() {
  using Rc = ReplicationController;
  Columns columns = WithTemplateColumns<Rc>(
      {NameColumn(), Number<Rc>("Desired", [](const Rc& c) -> int64_t { return c.spec().replicas(); }),
       Number<Rc>("Current", [](const Rc& c) -> int64_t { return c.status().replicas(); }),
       Number<Rc>("Ready", [](const Rc& c) -> int64_t { return c.status().readyreplicas(); }), AgeColumn()});
  columns.push_back(Wide<Rc>("Selector", [](const Rc& c) { return MapText(c.spec().selector()); }));
  return columns;
}

Columns ComponentStatusColumns() {
  using Component = ComponentStatus;
  return {
      NameColumn(),
      Text<Component>("Status",
                      [](const Component& c) -> std::string {
                        const auto* health = Health(c);
                        return health == nullptr ? "Unknown" : health->status() == "True" ? "Healthy" : "Unhealthy";
                      }),
      Text<Component>("Message", [](const Component& c) { return Health(c) == nullptr ? "" : Health(c)->message(); }),
      Text<Component>("Error", [](const Component& c) { return Health(c) == nullptr ? "" : Health(c)->error(); })};
}

Columns ResourceQuotaColumns() {
  return {NameColumn(), Text<ResourceQuota>("Request", [](const ResourceQuota& q) { return Usage(q, false); }),
          Text<ResourceQuota>("Limit", [](const ResourceQuota& q) { return Usage(q, true); }), AgeColumn()};
}

}  // namespace kubelite::apiserver
