// Namespace, Node, ComponentStatus.

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "apiserver/registry/kinds/columns/kind_columns.h"
#include "apiserver/registry/kinds/kinds.h"
#include "apiserver/registry/kinds/validation/fields.h"
#include "apiserver/registry/registry.h"
#include "common/api/names.h"
#include "common/base/status_macros.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::core::v1::Namespace;
using k8s::core::v1::Node;

constexpr char kRolePrefix[] = "node-role.kubernetes.io/";

void DefaultNamespace(api::Object* object) {
  auto* ns = static_cast<Namespace*>(object);
  if (!ns->metadata().name().empty()) {
    (*ns->mutable_metadata()->mutable_labels())["kubernetes.io/metadata.name"] = ns->metadata().name();
  }
  if (ns->status().phase().empty()) ns->mutable_status()->set_phase("Active");
}

void PrepareNamespace(api::Object* object, const WriteContext&) {
  auto* ns = static_cast<Namespace*>(object);
  ns->clear_status();
  ns->mutable_status()->set_phase("Active");
  for (const std::string& finalizer : ns->spec().finalizers()) {
    if (finalizer == "kubernetes") return;
  }
  ns->mutable_spec()->add_finalizers("kubernetes");
}

void ValidateNamespace(const api::Object& object, FieldErrors* errors) {
  const auto& finalizers = static_cast<const Namespace&>(object).spec().finalizers();
  for (int i = 0; i < finalizers.size(); ++i) {
    if (finalizers[i] == "kubernetes") continue;
    const std::string path = Index("spec.finalizers", i);
    AddInvalid(api::ValidateQualifiedName(finalizers[i]), path, finalizers[i], errors);
    if (!absl::StrContains(finalizers[i], '/')) {
      errors->push_back(FieldError::Invalid(path, finalizers[i],
                                            "name is neither a standard finalizer name nor is it fully qualified"));
    }
  }
}

// PUT namespaces/x/finalize replaces spec.finalizers: the namespace controller's last step.
absl::StatusOr<api::ObjectPtr> FinalizeNamespace(Registry& registry, const Request& request) {
  const ResourceDef& def = *registry.Find("", "v1", "namespaces");
  if (request.object == nullptr || request.object->GetDescriptor() != Namespace::descriptor()) {
    return api::BadRequest("namespaces/finalize expects a v1 Namespace");
  }
  const auto& wanted = static_cast<const Namespace&>(*request.object);
  return registry.GuaranteedUpdate(def, {"", request.name}, request, [&](api::Object* object) -> absl::Status {
    auto* ns = static_cast<Namespace*>(object);
    const std::string& expected = wanted.metadata().resourceversion();
    if (!expected.empty() && expected != ns->metadata().resourceversion())
      return api::Conflict(*def.info, request.name);
    *ns->mutable_spec()->mutable_finalizers() = wanted.spec().finalizers();
    return absl::OkStatus();
  });
}

void DefaultNode(api::Object* object) {
  auto* status = static_cast<Node*>(object)->mutable_status();
  if (status->allocatable().empty() && !status->capacity().empty()) *status->mutable_allocatable() = status->capacity();
}

void ValidateNode(const api::Object& object, FieldErrors* errors) {
  const auto& taints = static_cast<const Node&>(object).spec().taints();
  std::set<std::pair<std::string, std::string>> seen;
  for (int i = 0; i < taints.size(); ++i) {
    const std::string path = Index("spec.taints", i);
    AddInvalid(api::ValidateQualifiedName(taints[i].key()), Child(path, "key"), taints[i].key(), errors);
    AddInvalid(api::ValidateLabelValue(taints[i].value()), Child(path, "value"), taints[i].value(), errors);
    RequireOneOf(taints[i].effect(), {"NoExecute", "NoSchedule", "PreferNoSchedule"}, Child(path, "effect"), errors);
    if (!seen.insert({taints[i].key(), taints[i].effect()}).second) {
      errors->push_back(FieldError::Duplicate(path, absl::StrCat(taints[i].key(), ":", taints[i].effect())));
    }
  }
}

void ValidateNodeUpdate(const api::Object& object, const api::Object& old, FieldErrors* errors) {
  const auto& before = static_cast<const Node&>(old).spec();
  const auto& after = static_cast<const Node&>(object).spec();
  if (!before.providerid().empty() && before.providerid() != after.providerid()) {
    errors->push_back(
        FieldError::Forbidden("spec.providerID", "node updates may not change providerID except from \"\" to valid"));
  }
  if (!before.podcidr().empty() && before.podcidr() != after.podcidr()) {
    errors->push_back(
        FieldError::Forbidden("spec.podCIDRs", "node updates may not change podCIDR except from \"\" to valid"));
  }
}

std::string NodeStatus(const Node& node) {
  std::string text = "Unknown";
  for (const auto& condition : node.status().conditions()) {
    if (condition.type() == "Ready") text = condition.status() == "True" ? "Ready" : "NotReady";
  }
  return node.spec().unschedulable() ? text + ",SchedulingDisabled" : text;
}

std::string NodeRoles(const Node& node) {
  std::set<std::string> roles;
  for (const auto& [key, value] : node.metadata().labels()) {
    if (absl::StartsWith(key, kRolePrefix) && key.size() > sizeof(kRolePrefix) - 1) {
      roles.insert(key.substr(sizeof(kRolePrefix) - 1));
    } else if (key == "kubernetes.io/role" && !value.empty()) {
      roles.insert(value);
    }
  }
  return OrNone(absl::StrJoin(roles, ","));
}

std::string NodeAddress(const Node& node, absl::string_view type) {
  for (const auto& address : node.status().addresses()) {
    if (absl::string_view(address.type()) == type) return address.address();
  }
  return "<none>";
}

std::string KernelVersion(const Node& node) {
  const auto& info = node.status().nodeinfo();
  std::string text = info.kernelversion().empty() ? "<unknown>" : info.kernelversion();
  return info.architecture().empty() ? text : absl::StrCat(text, " (", info.architecture(), ")");
}

std::string OrUnknown(const std::string& text) { return text.empty() ? "<unknown>" : text; }

ResourceDef NamespaceResource() {
  return {
      .info = &api::ResourceOf<Namespace>(),
      .set_defaults = DefaultNamespace,
      .prepare_create = PrepareNamespace,
      // spec.finalizers change only through the finalize subresource.
      .prepare_update =
          [](api::Object* object, const api::Object& old, const WriteContext&) {
            *static_cast<Namespace*>(object)->mutable_spec()->mutable_finalizers() =
                static_cast<const Namespace&>(old).spec().finalizers();
          },
      .validate = ValidateNamespace,
      .validate_name = api::ValidateDns1123Label,
      .selectable_field = [](const api::Object& object, const std::string& field) -> std::string {
        return field == "status.phase" ? static_cast<const Namespace&>(object).status().phase() : "";
      },
      .may_remove =
          [](const api::Object& object) { return static_cast<const Namespace&>(object).spec().finalizers_size() == 0; },
      .columns = {NameColumn(),
                  Column<Namespace>("Status", "string", 0,
                                    [](const Namespace& ns, absl::Time) { return ns.status().phase(); }),
                  AgeColumn()},
      .update_subresource = {{"finalize", FinalizeNamespace}}};
}

ResourceDef NodeResource() {
  ResourceDef def{.info = &api::ResourceOf<Node>(),
                  .set_defaults = DefaultNode,
                  .validate = ValidateNode,
                  .validate_update = ValidateNodeUpdate};
  def.selectable_field = [](const api::Object& object, const std::string& field) -> std::string {
    if (field != "spec.unschedulable") return "";
    return static_cast<const Node&>(object).spec().unschedulable() ? "true" : "false";
  };
  def.columns = {
      NameColumn(),
      Column<Node>("Status", "string", 0, [](const Node& n, absl::Time) { return NodeStatus(n); }),
      Column<Node>("Roles", "string", 0, [](const Node& n, absl::Time) { return NodeRoles(n); }),
      AgeColumn(),
      Column<Node>("Version", "string", 0,
                   [](const Node& n, absl::Time) { return n.status().nodeinfo().kubeletversion(); }),
      Column<Node>("Internal-IP", "string", 1, [](const Node& n, absl::Time) { return NodeAddress(n, "InternalIP"); }),
      Column<Node>("External-IP", "string", 1, [](const Node& n, absl::Time) { return NodeAddress(n, "ExternalIP"); }),
      Column<Node>("OS-Image", "string", 1,
                   [](const Node& n, absl::Time) { return OrUnknown(n.status().nodeinfo().osimage()); }),
      Column<Node>("Kernel-Version", "string", 1, [](const Node& n, absl::Time) { return KernelVersion(n); }),
      Column<Node>(
          "Container-Runtime", "string", 1,
          [](const Node& n, absl::Time) { return OrUnknown(n.status().nodeinfo().containerruntimeversion()); }),
  };
  return def;
}

}  // namespace

std::vector<ResourceDef> ClusterResources() {
  return {NamespaceResource(),
          NodeResource(),
          {.info = &api::ResourceOf<k8s::core::v1::ComponentStatus>(), .columns = ComponentStatusColumns()}};
}

}  // namespace kubelite::apiserver
