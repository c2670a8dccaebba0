#include <utility>

#include "apiserver/registry/registry.h"
#include "apiserver/registry/registry_state.h"
#include "common/base/status_macros.h"
#include "k8s/scheduling/v1.pb.h"

namespace kubelite::apiserver {
namespace {

std::vector<api::ObjectPtr> DefaultObjects() {
  std::vector<api::ObjectPtr> objects;
  for (const char* name : {"default", "kube-system", "kube-public", "kube-node-lease"}) {
    auto name_space = std::make_shared<k8s::core::v1::Namespace>();
    name_space->mutable_metadata()->set_name(name);
    objects.push_back(std::move(name_space));
  }
  const auto add_class = [&objects](const char* name, int value, const char* description) {
    auto priority = std::make_shared<k8s::scheduling::v1::PriorityClass>();
    priority->mutable_metadata()->set_name(name);
    priority->set_value(value);
    priority->set_description(description);
    objects.push_back(std::move(priority));
  };
  add_class(
      "system-cluster-critical", 2000000000,
      "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.");
  add_class("system-node-critical", 2000001000,
            "Used for system critical pods that must not be moved from their current node.");
  return objects;
}

}  // namespace

absl::Status Registry::Bootstrap() {
  for (const api::ObjectPtr& object : DefaultObjects()) {
    const api::ResourceInfo* info = api::Scheme::Builtin().FindDescriptor(object->GetDescriptor());
    const ResourceDef* def = Find(info->gvk.group, info->gvk.version, info->plural);
    if (def == nullptr || Read(*def, api::KeyOf(*object)).ok()) continue;
    Request request;
    request.user = {"system:apiserver", {"system:masters"}};
    request.verb = "create";
    request.group = info->gvk.group;
    request.version = info->gvk.version;
    request.resource = info->plural;
    request.info = info;
    request.object = object;
    RETURN_IF_ERROR(Create(request, nullptr).status());
  }
  state_->expirer.Start();
  state_->compactor.Start();
  return absl::OkStatus();
}

}  // namespace kubelite::apiserver
