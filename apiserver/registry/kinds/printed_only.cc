// Kinds whose hooks are still to come: they have printed columns only.

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "apiserver/registry/kinds/columns.h"
#include "apiserver/registry/kinds/kinds.h"
#include "k8s/apps/v1.pb.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::apps::v1::DaemonSet;
using k8s::apps::v1::StatefulSet;
using k8s::core::v1::Service;
using k8s::core::v1::ServiceAccount;

std::string ServicePorts(const Service& service) {
  return OrNone(
      absl::StrJoin(service.spec().ports(), ",", [](std::string* out, const k8s::core::v1::ServicePort& port) {
        absl::StrAppend(out, port.port());
        if (port.nodeport() > 0) absl::StrAppend(out, ":", port.nodeport());
        absl::StrAppend(out, "/", port.protocol());
      }));
}

std::string ExternalIp(const Service& service) {
  const auto& spec = service.spec();
  if (spec.type() == "ExternalName") return spec.externalname();
  const std::string external = absl::StrJoin(spec.externalips(), ",");
  if (spec.type() != "LoadBalancer") return OrNone(external);
  return external.empty() ? "<pending>" : external;
}

ResourceDef ServiceRow() {
  return {.info = &api::ResourceOf<Service>(),
          .columns = {
              NameColumn(),
              Column<Service>("Type", "string", 0, [](const Service& s, absl::Time) { return s.spec().type(); }),
              Column<Service>("Cluster-IP", "string", 0,
                              [](const Service& s, absl::Time) {
                                return OrNone(s.spec().clusterips_size() > 0 ? s.spec().clusterips(0)
                                                                             : s.spec().clusterip());
                              }),
              Column<Service>("External-IP", "string", 0, [](const Service& s, absl::Time) { return ExternalIp(s); }),
              Column<Service>("Port(s)", "string", 0, [](const Service& s, absl::Time) { return ServicePorts(s); }),
              AgeColumn(), Column<Service>("Selector", "string", 1, [](const Service& s, absl::Time) {
                return MapText(s.spec().selector());
              })}};
}

ResourceDef StatefulSetRow() {
  using Set = StatefulSet;
  return {.info = &api::ResourceOf<Set>(),
          .columns = {NameColumn(),
                      Column<Set>("Ready", "string", 0,
                                  [](const Set& s, absl::Time) {
                                    return absl::StrCat(s.status().readyreplicas(), "/", s.spec().replicas());
                                  }),
                      AgeColumn(),
                      Column<Set>("Containers", "string", 1,
                                  [](const Set& s, absl::Time) { return ContainerNames(s.spec().template_()); }),
                      Column<Set>("Images", "string", 1,
                                  [](const Set& s, absl::Time) { return ContainerImages(s.spec().template_()); })}};
}

TableColumn DaemonSetCount(std::string name, int32_t (k8s::apps::v1::DaemonSetStatus::*count)() const) {
  return Column<DaemonSet>(std::move(name), "integer", 0,
                           [count](const DaemonSet& d, absl::Time) { return absl::StrCat((d.status().*count)()); });
}

ResourceDef DaemonSetRow() {
  using Status = k8s::apps::v1::DaemonSetStatus;
  return {.info = &api::ResourceOf<DaemonSet>(),
          .columns = {
              NameColumn(), DaemonSetCount("Desired", &Status::desirednumberscheduled),
              DaemonSetCount("Current", &Status::currentnumberscheduled), DaemonSetCount("Ready", &Status::numberready),
              DaemonSetCount("Up-to-date", &Status::updatednumberscheduled),
              DaemonSetCount("Available", &Status::numberavailable),
              Column<DaemonSet>(
                  "Node Selector", "string", 0,
                  [](const DaemonSet& d, absl::Time) { return MapText(d.spec().template_().spec().nodeselector()); }),
              AgeColumn()}};
}

}  // namespace

std::vector<ResourceDef> PrintedOnlyResources() {
  return {ServiceRow(),
          StatefulSetRow(),
          DaemonSetRow(),
          {.info = &api::ResourceOf<ServiceAccount>(), .columns = {NameColumn(), AgeColumn()}}};
}

}  // namespace kubelite::apiserver
