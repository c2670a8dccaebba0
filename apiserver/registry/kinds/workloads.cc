// Deployment, ReplicaSet, ReplicationController, StatefulSet, DaemonSet, ControllerRevision.

#include "absl/strings/str_cat.h"
#include "apiserver/registry/kinds/columns/kind_columns.h"
#include "apiserver/registry/kinds/defaults/kind_defaults.h"
#include "apiserver/registry/kinds/kinds.h"
#include "apiserver/registry/kinds/scale.h"
#include "apiserver/registry/kinds/validation/fields.h"
#include "apiserver/registry/kinds/validation/pod.h"
#include "common/api/int_or_string.h"
#include "common/api/selectors.h"
#include "google/protobuf/util/message_differencer.h"
#include "k8s/apps/v1.pb.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using google::protobuf::util::MessageDifferencer;
using k8s::apps::v1::Deployment;
using k8s::apps::v1::ReplicaSet;
using k8s::core::v1::PodTemplateSpec;
using k8s::core::v1::ReplicationController;

// The rules that Deployment and ReplicaSet share about selector and template.
template <typename Spec>
void ValidateSelectorAndTemplate(const Spec& spec, absl::string_view kind, FieldErrors* errors) {
  RequireNonNegative(spec.replicas(), "spec.replicas", errors);
  RequireNonNegative(spec.minreadyseconds(), "spec.minReadySeconds", errors);
  if (!spec.has_selector()) {
    errors->push_back(FieldError::Required("spec.selector", ""));
  } else {
    ValidateLabelSelector(spec.selector(), "spec.selector", errors);
    if (spec.selector().matchlabels_size() + spec.selector().matchexpressions_size() == 0) {
      errors->push_back(FieldError::Invalid("spec.selector", "", absl::StrCat("empty selector is invalid for ", kind)));
    } else if (const auto selector = api::LabelSelector::From(spec.selector());
               selector.ok() && !selector->Matches(spec.template_().metadata().labels())) {
      errors->push_back(FieldError::Invalid("spec.template.metadata.labels",
                                            MapText(spec.template_().metadata().labels()),
                                            "`selector` does not match template `labels`"));
    }
  }
  ValidatePodTemplate(spec.template_(), "spec.template", errors);
  if (spec.template_().spec().restartpolicy() != "Always") {
    errors->push_back(FieldError::NotSupported("spec.template.spec.restartPolicy",
                                               spec.template_().spec().restartpolicy(), {"Always"}));
  }
  if (spec.template_().spec().has_activedeadlineseconds()) {
    errors->push_back(FieldError::Forbidden("spec.template.spec.activeDeadlineSeconds",
                                            "activeDeadlineSeconds in ReplicaSet is not Supported"));
  }
}

template <typename T>
void SelectorIsImmutable(const api::Object& object, const api::Object& old, FieldErrors* errors) {
  const auto& selector = static_cast<const T&>(object).spec().selector();
  if (!MessageDifferencer::Equals(selector, static_cast<const T&>(old).spec().selector())) {
    errors->push_back(FieldError::Invalid("spec.selector", SelectorText(selector), "field is immutable"));
  }
}

void ValidateStrategy(const Deployment& deployment, FieldErrors* errors) {
  const auto& strategy = deployment.spec().strategy();
  RequireOneOf(strategy.type(), {"Recreate", "RollingUpdate"}, "spec.strategy.type", errors);
  if (strategy.type() == "Recreate" && strategy.has_rollingupdate()) {
    errors->push_back(FieldError::Forbidden("spec.strategy.rollingUpdate",
                                            "may not be specified when strategy `type` is 'Recreate'"));
  }
  if (strategy.type() != "RollingUpdate") return;
  const std::string path = "spec.strategy.rollingUpdate";
  const auto& rolling = strategy.rollingupdate();
  ValidateNonNegativeIntOrPercent(rolling.maxunavailable(), Child(path, "maxUnavailable"), errors);
  ValidateNonNegativeIntOrPercent(rolling.maxsurge(), Child(path, "maxSurge"), errors);
  const auto surge = api::ScaledValue(rolling.maxsurge(), 100, true);
  const auto unavailable = api::ScaledValue(rolling.maxunavailable(), 100, true);
  if (!surge.ok() || !unavailable.ok()) return;
  if (*surge == 0 && *unavailable == 0) {
    errors->push_back(FieldError::Invalid(Child(path, "maxUnavailable"), api::ToString(rolling.maxunavailable()),
                                          "may not be 0 when `maxSurge` is 0"));
  }
  if (api::IsString(rolling.maxunavailable()) && *unavailable > 100) {
    errors->push_back(FieldError::Invalid(Child(path, "maxUnavailable"), api::ToString(rolling.maxunavailable()),
                                          "must not be greater than 100%"));
  }
}

void ValidateDeployment(const api::Object& object, FieldErrors* errors) {
  const auto& deployment = static_cast<const Deployment&>(object);
  const auto& spec = deployment.spec();
  ValidateSelectorAndTemplate(spec, "deployment", errors);
  ValidateStrategy(deployment, errors);
  RequireNonNegative(spec.revisionhistorylimit(), "spec.revisionHistoryLimit", errors);
  RequireNonNegative(spec.progressdeadlineseconds(), "spec.progressDeadlineSeconds", errors);
  if (spec.progressdeadlineseconds() <= spec.minreadyseconds() && spec.progressdeadlineseconds() >= 0) {
    errors->push_back(FieldError::InvalidNumber("spec.progressDeadlineSeconds", spec.progressdeadlineseconds(),
                                                "must be greater than minReadySeconds"));
  }
}

void ValidateReplicationController(const api::Object& object, FieldErrors* errors) {
  const auto& spec = static_cast<const ReplicationController&>(object).spec();
  RequireNonNegative(spec.replicas(), "spec.replicas", errors);
  RequireNonNegative(spec.minreadyseconds(), "spec.minReadySeconds", errors);
  if (spec.selector().empty())
    errors->push_back(FieldError::Required("spec.selector", ""));
  else if (!api::LabelSelector::FromMap(spec.selector()).Matches(spec.template_().metadata().labels())) {
    errors->push_back(FieldError::Invalid("spec.template.metadata.labels",
                                          MapText(spec.template_().metadata().labels()),
                                          "`selector` does not match template `labels`"));
  }
  ValidatePodTemplate(spec.template_(), "spec.template", errors);
}

template <typename T, typename Selector>
ScaleAccess ReplicasAccess(Selector selector) {
  return {.spec_replicas = [](const api::Object& o) { return static_cast<const T&>(o).spec().replicas(); },
          .status_replicas = [](const api::Object& o) { return static_cast<const T&>(o).status().replicas(); },
          .selector = [selector](const api::Object& o) { return selector(static_cast<const T&>(o)); },
          .set_replicas = [](api::Object* o, int32_t n) { static_cast<T*>(o)->mutable_spec()->set_replicas(n); }};
}

ResourceDef DeploymentResource() {
  ResourceDef def{.info = &api::ResourceOf<Deployment>(),
                  .set_defaults = DefaultDeployment,
                  .validate = ValidateDeployment,
                  .validate_update = SelectorIsImmutable<Deployment>,
                  .columns = DeploymentColumns()};
  AddScale(&def, ReplicasAccess<Deployment>([](const Deployment& d) { return SelectorText(d.spec().selector()); }));
  return def;
}

ResourceDef ReplicaSetResource() {
  ResourceDef def{.info = &api::ResourceOf<ReplicaSet>(),
                  .set_defaults = DefaultReplicaSet,
                  .validate =
                      [](const api::Object& object, FieldErrors* errors) {
                        // The message says deployment for ReplicaSets too: upstream shares the text.
                        ValidateSelectorAndTemplate(static_cast<const ReplicaSet&>(object).spec(), "deployment",
                                                    errors);
                      },
                  .validate_update = SelectorIsImmutable<ReplicaSet>,
                  .columns = ReplicaSetColumns()};
  AddScale(&def, ReplicasAccess<ReplicaSet>([](const ReplicaSet& r) { return SelectorText(r.spec().selector()); }));
  return def;
}

ResourceDef ReplicationControllerResource() {
  ResourceDef def{.info = &api::ResourceOf<ReplicationController>(),
                  .set_defaults = DefaultReplicationController,
                  .validate = ValidateReplicationController,
                  .columns = ReplicationControllerColumns()};
  def.selectable_field = [](const api::Object& object, const std::string& field) -> std::string {
    if (field != "status.replicas") return "";
    return absl::StrCat(static_cast<const ReplicationController&>(object).status().replicas());
  };
  AddScale(&def, ReplicasAccess<ReplicationController>([](const ReplicationController& r) {
    return api::LabelSelector::FromMap(r.spec().selector()).ToString();
  }));
  return def;
}

}  // namespace

std::vector<ResourceDef> WorkloadResources() {
  return {DeploymentResource(),
          ReplicaSetResource(),
          ReplicationControllerResource(),
          {.info = &api::ResourceOf<k8s::apps::v1::StatefulSet>(),
           .set_defaults = DefaultStatefulSet,
           .columns = StatefulSetColumns()},
          {.info = &api::ResourceOf<k8s::apps::v1::DaemonSet>(),
           .set_defaults = DefaultDaemonSet,
           .columns = DaemonSetColumns()},
          {.info = &api::ResourceOf<k8s::apps::v1::ControllerRevision>(), .columns = ControllerRevisionColumns()}};
}

}  // namespace kubelite::apiserver
