#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "apiserver/registry/kinds/columns/kind_columns.h"
#include "common/api/scheme.h"
#include "k8s/apps/v1.pb.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::apps::v1::ControllerRevision;
using k8s::apps::v1::DaemonSet;
using k8s::apps::v1::Deployment;
using k8s::apps::v1::ReplicaSet;
using k8s::apps::v1::StatefulSet;

// "daemonset.apps/name" of the controller.
std::string ControllerText(const ControllerRevision& revision) {
  const k8s::meta::v1::OwnerReference* owner = api::ControllerOf(revision);
  if (owner == nullptr) return "<none>";
  const auto gvk = api::ParseApiVersion(owner->apiversion(), owner->kind());
  const std::string group = gvk.ok() && !gvk->group.empty() ? absl::StrCat(".", gvk->group) : "";
  return absl::StrCat(absl::AsciiStrToLower(owner->kind()), group, "/", owner->name());
}

}  // namespace

Columns DeploymentColumns() {
  Columns columns = WithTemplateColumns<Deployment>(
      {NameColumn(),
       Text<Deployment>(
           "Ready",
           [](const Deployment& d) { return absl::StrCat(d.status().readyreplicas(), "/", d.spec().replicas()); }),
       Text<Deployment>("Up-to-date", [](const Deployment& d) { return absl::StrCat(d.status().updatedreplicas()); }),
       Text<Deployment>("Available", [](const Deployment& d) { return absl::StrCat(d.status().availablereplicas()); }),
       AgeColumn()});
  columns.push_back(
      Wide<Deployment>("Selector", [](const Deployment& d) { return SelectorText(d.spec().selector()); }));
  return columns;
}

Columns ReplicaSetColumns() {
  using Set = ReplicaSet;
  Columns columns = WithTemplateColumns<Set>(
      {NameColumn(), Number<Set>("Desired", [](const Set& s) -> int64_t { return s.spec().replicas(); }),
       Number<Set>("Current", [](const Set& s) -> int64_t { return s.status().replicas(); }),
       Number<Set>("Ready", [](const Set& s) -> int64_t { return s.status().readyreplicas(); }), AgeColumn()});
  columns.push_back(Wide<Set>("Selector", [](const Set& s) { return OrNone(SelectorText(s.spec().selector())); }));
  return columns;
}

Columns StatefulSetColumns() {
  using Set = StatefulSet;
  return WithTemplateColumns<Set>(
      {NameColumn(),
       Text<Set>("Ready",
                 [](const Set& s) { return absl::StrCat(s.status().readyreplicas(), "/", s.spec().replicas()); }),
       AgeColumn()});
}

Columns DaemonSetColumns() {
  using Set = DaemonSet;
  Columns columns = WithTemplateColumns<Set>(
      {NameColumn(),
       Number<Set>("Desired", [](const Set& s) -> int64_t { return s.status().desirednumberscheduled(); }),
       Number<Set>("Current", [](const Set& s) -> int64_t { return s.status().currentnumberscheduled(); }),
       Number<Set>("Ready", [](const Set& s) -> int64_t { return s.status().numberready(); }),
       Number<Set>("Up-to-date", [](const Set& s) -> int64_t { return s.status().updatednumberscheduled(); }),
       Number<Set>("Available", [](const Set& s) -> int64_t { return s.status().numberavailable(); }),
       Text<Set>("Node Selector", [](const Set& s) { return MapText(s.spec().template_().spec().nodeselector()); }),
       AgeColumn()});
  columns.push_back(Wide<Set>("Selector", [](const Set& s) { return OrNone(SelectorText(s.spec().selector())); }));
  return columns;
}

Columns ControllerRevisionColumns() {
  return {NameColumn(), Text<ControllerRevision>("Controller", ControllerText),
          Text<ControllerRevision>("Revision", [](const ControllerRevision& r) { return absl::StrCat(r.revision()); }),
          AgeColumn()};
}

}  // namespace kubelite::apiserver
