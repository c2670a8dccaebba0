#include "apiserver/registry/kinds/columns/pod.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "apiserver/registry/kinds/columns/kind_columns.h"
#include "apiserver/registry/kinds/defaults/kind_defaults.h"
#include "apiserver/registry/kinds/defaults/pod.h"
#include "apiserver/registry/kinds/kinds.h"
#include "apiserver/registry/kinds/validation/kind_rules.h"
#include "apiserver/registry/kinds/validation/pod.h"
#include "apiserver/registry/registry.h"
#include "common/api/pod_conditions.h"
#include "common/base/status_macros.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using api::FieldError;
using api::FieldErrors;
using k8s::core::v1::Binding;
using k8s::core::v1::Pod;

constexpr char kMirrorAnnotation[] = "kubernetes.io/config.mirror";

void PrepareCreate(api::Object* object, const WriteContext& context) {
  Pod* pod = static_cast<Pod*>(object);
  pod->clear_status();
  pod->mutable_status()->set_phase("Pending");
  pod->mutable_status()->set_qosclass(QosClass(pod->spec()));
  if (pod->spec().schedulinggates_size() > 0) {
    api::SetPodCondition(pod->mutable_status(), "PodScheduled", "False", "SchedulingGated",
                         "Scheduling is blocked due to non-empty scheduling gates", context.now);
  }
}

void Validate(const api::Object& object, FieldErrors* errors) {
  const Pod& pod = static_cast<const Pod&>(object);
  ValidatePodSpec(pod.spec(), "spec", errors);
  if (pod.metadata().annotations().contains(kMirrorAnnotation) && pod.spec().nodename().empty()) {
    errors->push_back(FieldError::Invalid(absl::StrCat("metadata.annotations[", kMirrorAnnotation, "]"), "",
                                          "must set spec.nodeName if mirror pod annotation is set"));
  }
}

void ValidateUpdate(const api::Object& object, const api::Object& old, FieldErrors* errors) {
  ValidatePodUpdate(static_cast<const Pod&>(object), static_cast<const Pod&>(old), errors);
}

std::string SelectableField(const api::Object& object, const std::string& field) {
  const Pod& pod = static_cast<const Pod&>(object);
  if (field == "spec.nodeName") return pod.spec().nodename();
  if (field == "spec.restartPolicy") return pod.spec().restartpolicy();
  if (field == "spec.schedulerName") return pod.spec().schedulername();
  if (field == "spec.serviceAccountName") return pod.spec().serviceaccountname();
  if (field == "spec.hostNetwork") return pod.spec().hostnetwork() ? "true" : "false";
  if (field == "status.phase") return pod.status().phase();
  if (field == "status.podIP") return pod.status().podip();
  if (field == "status.podIPs") {
    return absl::StrJoin(pod.status().podips(), ",", [](std::string* out, const auto& ip) { out->append(ip.ip()); });
  }
  if (field == "status.nominatedNodeName") return pod.status().nominatednodename();
  return "";
}

// Upstream registry/core/pod CheckGracefulDelete.
int64_t GracePeriod(const api::Object& object, int64_t requested) {
  const Pod& pod = static_cast<const Pod&>(object);
  int64_t period = requested >= 0 ? requested : pod.spec().terminationgraceperiodseconds();
  if (pod.spec().nodename().empty()) period = 0;
  if (pod.status().phase() == "Failed" || pod.status().phase() == "Succeeded") period = 0;
  return std::max<int64_t>(period, 0);
}

absl::Status Bind(Pod* pod, const Binding& binding, const api::ResourceInfo& pods, absl::Time now) {
  const std::string& name = pod->metadata().name();
  if (pod->metadata().has_deletiontimestamp()) {
    return api::Conflict(pods, name, absl::StrCat("pod ", name, " is being deleted, cannot be assigned to a host"));
  }
  if (!pod->spec().nodename().empty()) {
    return api::Conflict(pods, name,
                         absl::StrCat("pod ", name, " is already assigned to node \"", pod->spec().nodename(), "\""));
  }
  if (pod->spec().schedulinggates_size() > 0) {
    return api::Conflict(pods, name, absl::StrCat("pod ", name, " has non-empty .spec.schedulingGates"));
  }
  pod->mutable_spec()->set_nodename(binding.target().name());
  for (const auto& [key, value] : binding.metadata().annotations()) {
    (*pod->mutable_metadata()->mutable_annotations())[key] = value;
  }
  pod->mutable_status()->clear_nominatednodename();
  api::SetPodCondition(pod->mutable_status(), "PodScheduled", "True", "", "", now);
  return absl::OkStatus();
}

absl::StatusOr<api::ObjectPtr> CreateBinding(Registry& registry, const Request& request) {
  const ResourceDef& def = *registry.Find("", "v1", "pods");
  if (request.object == nullptr || request.object->GetDescriptor() != Binding::descriptor()) {
    return api::BadRequest("pods/binding expects a v1 Binding");
  }
  const Binding& binding = static_cast<const Binding&>(*request.object);
  FieldErrors errors;
  if (!binding.target().kind().empty() && binding.target().kind() != "Node") {
    errors.push_back(FieldError::NotSupported("target.kind", binding.target().kind(), {"Node", "<empty>"}));
  }
  if (binding.target().name().empty()) errors.push_back(FieldError::Required("target.name", ""));
  if (!errors.empty()) return api::Invalid(api::ResourceOf<Binding>(), request.name, errors);
  RETURN_IF_ERROR(registry
                      .GuaranteedUpdate(def, {request.name_space, request.name}, request,
                                        [&](api::Object* object) {
                                          return Bind(static_cast<Pod*>(object), binding, *def.info,
                                                      registry.clock().Now());
                                        })
                      .status());
  return request.object;
}

}  // namespace

std::vector<ResourceDef> PodResources() {
  ResourceDef pod{.info = &api::ResourceOf<Pod>(),
                  .set_defaults = [](api::Object* object) { DefaultPod(static_cast<Pod*>(object)); },
                  .prepare_create = PrepareCreate,
                  .validate = Validate,
                  .validate_update = ValidateUpdate,
                  .selectable_field = SelectableField,
                  .grace_period = GracePeriod,
                  .columns = PodColumns(),
                  .create_subresource = {{"binding", CreateBinding}}};
  return {std::move(pod),
          {.info = &api::ResourceOf<k8s::core::v1::PodTemplate>(),
           .set_defaults = DefaultPodTemplateObject,
           .validate = ValidatePodTemplateObject,
           .columns = PodTemplateColumns()}};
}

}  // namespace kubelite::apiserver
