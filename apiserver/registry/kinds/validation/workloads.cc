#include "apiserver/registry/kinds/validation/workloads.h"

#include <optional>

#include "apiserver/registry/kinds/validation/field_at.h"
#include "apiserver/registry/kinds/validation/fields.h"
#include "apiserver/registry/kinds/validation/kind_rules.h"
#include "apiserver/registry/kinds/validation/pod.h"
#include "common/api/int_or_string.h"
#include "common/api/selectors.h"
#include "k8s/apps/v1.pb.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {

using k8s::apps::v1::Deployment;
using k8s::apps::v1::ReplicaSet;
using k8s::core::v1::PodTemplate;
using k8s::core::v1::PodTemplateSpec;
using k8s::core::v1::ReplicationController;

void ValidateSelectorOf(const PodTemplateSpec& pod_template, const k8s::meta::v1::LabelSelector* selector,
                        absl::string_view kind, FieldErrors* errors) {
  const FieldAt at("spec.selector", errors);
  if (selector == nullptr) return at.Required();
  ValidateLabelSelector(*selector, "spec.selector", errors);
  if (selector->matchlabels_size() + selector->matchexpressions_size() == 0) {
    return at.Invalid(*selector, absl::StrCat("empty selector is invalid for ", kind));
  }
  const auto parsed = api::LabelSelector::From(*selector);
  if (parsed.ok() && !parsed->Matches(pod_template.metadata().labels())) {
    FieldAt("spec.template.metadata.labels", errors)
        .Invalid(pod_template.metadata().labels(), "`selector` does not match template `labels`");
  }
}

void ValidateLastingTemplate(const PodTemplateSpec& pod_template, absl::string_view kind, FieldErrors* errors) {
  ValidatePodTemplate(pod_template, "spec.template", errors);
  ValidateLastingPods(pod_template, kind, errors);
}

void ValidateLastingPods(const PodTemplateSpec& pod_template, absl::string_view kind, FieldErrors* errors) {
  const FieldAt spec("spec.template.spec", errors);
  const auto& pod = pod_template.spec();
  if (pod.restartpolicy() != "Always") spec.Field("restartPolicy").NotSupported(pod.restartpolicy(), {"Always"});
  if (pod.has_activedeadlineseconds()) {
    spec.Field("activeDeadlineSeconds").Forbidden(absl::StrCat("activeDeadlineSeconds in ", kind, " is not Supported"));
  }
}

namespace {

template <typename Spec>
void ValidateReplicated(const Spec& spec, FieldErrors* errors) {
  const FieldAt at("spec", errors);
  at.Field("replicas").NonNegative(spec.replicas());
  at.Field("minReadySeconds").NonNegative(spec.minreadyseconds());
  // Upstream's texts say deployment and ReplicaSet for both kinds.
  ValidateSelectorOf(spec.template_(), spec.has_selector() ? &spec.selector() : nullptr, "deployment", errors);
  ValidateLastingTemplate(spec.template_(), "ReplicaSet", errors);
}

void ValidateStrategy(const k8s::apps::v1::DeploymentStrategy& strategy, FieldErrors* errors) {
  const FieldAt at("spec.strategy", errors);
  const FieldAt rolling_at = at.Field("rollingUpdate");
  at.Field("type").PresentAndOneOf(strategy.type(), {"Recreate", "RollingUpdate"});
  if (strategy.type() == "Recreate" && strategy.has_rollingupdate()) {
    rolling_at.Forbidden("may not be specified when strategy `type` is 'Recreate'");
  }
  if (strategy.type() != "RollingUpdate") return;
  const auto& rolling = strategy.rollingupdate();
  const FieldAt unavailable_at = rolling_at.Field("maxUnavailable");
  ValidateNonNegativeIntOrPercent(rolling.maxunavailable(), unavailable_at.path(), errors);
  ValidateNonNegativeIntOrPercent(rolling.maxsurge(), rolling_at.Field("maxSurge").path(), errors);
  const auto surge = api::ScaledValue(rolling.maxsurge(), 100, true);
  const auto unavailable = api::ScaledValue(rolling.maxunavailable(), 100, true);
  if (surge.ok() && unavailable.ok() && *surge == 0 && *unavailable == 0) {
    InvalidIntOrString(unavailable_at, rolling.maxunavailable(), "may not be 0 when `maxSurge` is 0");
  }
  RejectOverHundredPercent(unavailable_at, rolling.maxunavailable());
}

// A number of the status by its name; none when the kind's status does not have it.
std::optional<int64_t> CountIn(const google::protobuf::Message& status, const char* name) {
  const auto* field = status.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr) return std::nullopt;
  return status.GetReflection()->GetInt32(status, field);
}

// The status of any kind with replicas.
const google::protobuf::Message& StatusOf(const Object& object) {
  return object.GetReflection()->GetMessage(object, object.GetDescriptor()->FindFieldByName("status"));
}

template <typename T>
void SelectorIsImmutable(const Object& object, const Object& old, FieldErrors* errors) {
  FieldAt("spec.selector", errors)
      .Immutable(static_cast<const T&>(object).spec().selector(), static_cast<const T&>(old).spec().selector());
}

}  // namespace

void ValidateDeployment(const Object& object, FieldErrors* errors) {
  const auto& spec = static_cast<const Deployment&>(object).spec();
  const FieldAt at("spec", errors);
  ValidateReplicated(spec, errors);
  ValidateStrategy(spec.strategy(), errors);
  at.Field("revisionHistoryLimit").NonNegative(spec.revisionhistorylimit());
  const int deadline = spec.progressdeadlineseconds();
  at.Field("progressDeadlineSeconds").NonNegative(deadline);
  if (deadline <= spec.minreadyseconds() && deadline >= 0) {
    at.Field("progressDeadlineSeconds").Invalid(deadline, "must be greater than minReadySeconds");
  }
}

void ValidateDeploymentUpdate(const Object& object, const Object& old, FieldErrors* errors) {
  SelectorIsImmutable<Deployment>(object, old, errors);
}

void ValidateReplicaSet(const Object& object, FieldErrors* errors) {
  ValidateReplicated(static_cast<const ReplicaSet&>(object).spec(), errors);
}

void ValidateReplicaSetUpdate(const Object& object, const Object& old, FieldErrors* errors) {
  SelectorIsImmutable<ReplicaSet>(object, old, errors);
}

void ValidateReplicationController(const Object& object, FieldErrors* errors) {
  const auto& spec = static_cast<const ReplicationController&>(object).spec();
  const FieldAt at("spec", errors);
  at.Field("replicas").NonNegative(spec.replicas());
  at.Field("minReadySeconds").NonNegative(spec.minreadyseconds());
  if (spec.selector().empty()) at.Field("selector").Required();
  if (!spec.has_template_()) return at.Field("template").Required();
  if (!spec.selector().empty() &&
      !api::LabelSelector::FromMap(spec.selector()).Matches(spec.template_().metadata().labels())) {
    at.Field("template.metadata.labels")
        .Invalid(spec.template_().metadata().labels(), "`selector` does not match template `labels`");
  }
  ValidateLastingTemplate(spec.template_(), "ReplicationController", errors);
}

void ValidateReplicaStatus(const Object& object, const Object& old, FieldErrors* errors) {
  const auto& status = StatusOf(object);
  const FieldAt at("status", errors);
  const int64_t replicas = CountIn(status, "replicas").value_or(0);
  const int64_t ready = CountIn(status, "readyReplicas").value_or(0);
  for (const char* name : {"replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "currentReplicas",
                           "updatedReplicas"}) {
    const std::optional<int64_t> count = CountIn(status, name);
    if (!count.has_value()) continue;
    at.Field(name).NonNegative(*count);
    if (*count > replicas) at.Field(name).Invalid(*count, "cannot be greater than status.replicas");
    if (absl::string_view(name) == "availableReplicas" && *count > ready) {
      at.Field(name).Invalid(*count, "cannot be greater than readyReplicas");
    }
  }
  const std::optional<int64_t> collisions = CountIn(status, "collisionCount");
  if (collisions.has_value() && *collisions < CountIn(StatusOf(old), "collisionCount").value_or(0)) {
    at.Field("collisionCount").Invalid(*collisions, "cannot be decremented");
  }
}

void ValidatePodTemplateObject(const Object& object, FieldErrors* errors) {
  ValidatePodTemplate(static_cast<const PodTemplate&>(object).template_(), "template", errors);
}

}  // namespace kubelite::apiserver
