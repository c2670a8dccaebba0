#include <map>
#include <utility>

#include "apiserver/registry/kinds/kinds.h"
#include "apiserver/registry/registry.h"
#include "apiserver/registry/versions.h"

namespace kubelite::apiserver {
namespace {

// What metadata.generation counts (upstream: each kind's strategy). Kinds that are not here have no generation.
const std::map<std::string, std::vector<std::string>>& GenerationTable() {
  static const auto& table = *new std::map<std::string, std::vector<std::string>>{
      {"deployments.apps", {"spec", "metadata.annotations"}},
      {"replicasets.apps", {"spec"}},
      {"statefulsets.apps", {"spec"}},
      {"daemonsets.apps", {"spec"}},
      {"replicationcontrollers", {"spec"}},
      {"jobs.batch", {"spec"}},
      {"cronjobs.batch", {"spec"}},
      {"ingresses.networking.k8s.io", {"spec"}},
      {"ingressclasses.networking.k8s.io", {"spec"}},
      {"networkpolicies.networking.k8s.io", {"spec"}},
      {"poddisruptionbudgets.policy", {"spec"}},
      {"flowschemas.flowcontrol.apiserver.k8s.io", {"spec"}},
      {"prioritylevelconfigurations.flowcontrol.apiserver.k8s.io", {"spec"}},
      {"resourceslices.resource.k8s.io", {"spec"}},
      {"deviceclasses.resource.k8s.io", {"spec"}},
      {"validatingadmissionpolicies.admissionregistration.k8s.io", {"spec"}},
      {"validatingadmissionpolicybindings.admissionregistration.k8s.io", {"spec"}},
      {"mutatingadmissionpolicies.admissionregistration.k8s.io", {"spec"}},
      {"mutatingadmissionpolicybindings.admissionregistration.k8s.io", {"spec"}},
      {"customresourcedefinitions.apiextensions.k8s.io", {"spec"}},
      {"pods", {"spec"}},
      {"mutatingwebhookconfigurations.admissionregistration.k8s.io", {"webhooks"}},
      {"validatingwebhookconfigurations.admissionregistration.k8s.io", {"webhooks"}},
      {"endpointslices.discovery.k8s.io", {"addressType", "endpoints", "ports", "metadata.labels"}},
      {"podtemplates", {"template"}},
      {"priorityclasses.scheduling.k8s.io", {"value"}},
  };
  return table;
}

// A namespace that is being deleted shows it; its controller empties it then.
void ShowTermination(api::Object* object, const WriteContext&) {
  static_cast<k8s::core::v1::Namespace*>(object)->mutable_status()->set_phase("Terminating");
}

// POST bindings does what POST pods/binding does.
absl::StatusOr<api::ObjectPtr> BindPod(Registry& registry, const Request& request) {
  Request bind = request;
  bind.resource = "pods";
  bind.subresource = "binding";
  bind.name = api::Meta(*request.object).name();
  return registry.Create(bind, nullptr);
}

// Facts of kinds that the schema's options do not hold.
void FillFacts(ResourceDef* def) {
  const std::string name = def->info->GroupResource();
  if (def->generation_fields.empty()) {
    const auto found = GenerationTable().find(name);
    if (found != GenerationTable().end()) def->generation_fields = found->second;
  }
  if (name == "namespaces" && !def->prepare_delete) def->prepare_delete = ShowTermination;
  if (name == "bindings") def->create_subresource[""] = BindPod;
  if (name == "nodes") def->status_on_create = true;
  if (name == "jobs.batch" || name == "replicationcontrollers") def->default_propagation = "Orphan";
  if (def->info->plural == "events" && def->time_to_live == absl::ZeroDuration()) def->time_to_live = absl::Hours(1);
}

}  // namespace

std::vector<ResourceDef> AllResources() {
  std::map<const api::ResourceInfo*, ResourceDef> own;
  for (ResourceDef& def : KindDefs()) {
    const api::ResourceInfo* info = def.info;
    own.emplace(info, std::move(def));
  }
  std::vector<ResourceDef> all;
  for (const api::ResourceInfo* info : api::Scheme::Builtin().resources()) {
    const auto found = own.find(info);
    ResourceDef def = found == own.end() ? ResourceDef() : std::move(found->second);
    def.info = info;
    FillFacts(&def);
    all.push_back(std::move(def));
  }
  AddVersions(&all);
  return all;
}

}  // namespace kubelite::apiserver
