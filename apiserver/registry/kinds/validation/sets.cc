// StatefulSet, DaemonSet, ControllerRevision.

#include "apiserver/registry/kinds/validation/field_at.h"
#include "apiserver/registry/kinds/validation/fields.h"
#include "apiserver/registry/kinds/validation/kind_rules.h"
#include "apiserver/registry/kinds/validation/workloads.h"
#include "common/api/int_or_string.h"
#include "common/api/json.h"
#include "common/api/names.h"
#include "k8s/apps/v1.pb.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::apps::v1::ControllerRevision;
using k8s::apps::v1::DaemonSet;
using k8s::apps::v1::StatefulSet;
using k8s::apps::v1::StatefulSetSpec;

void ValidateUpdateStrategy(const k8s::apps::v1::StatefulSetUpdateStrategy& strategy, const FieldAt& at) {
  const FieldAt rolling_at = at.Field("rollingUpdate");
  if (strategy.type().empty()) return at.Required();
  if (strategy.type() != "RollingUpdate" && strategy.type() != "OnDelete") {
    return at.Invalid(strategy, "must be 'RollingUpdate' or 'OnDelete'");
  }
  if (!strategy.has_rollingupdate()) return;
  const auto& rolling = strategy.rollingupdate();
  if (strategy.type() == "OnDelete")
    return rolling_at.Invalid(rolling, "only allowed for updateStrategy 'RollingUpdate'");
  rolling_at.Field("partition").NonNegative(rolling.partition());
  if (!rolling.has_maxunavailable()) return;
  const FieldAt unavailable = rolling_at.Field("maxUnavailable");
  ValidateNonNegativeIntOrPercent(rolling.maxunavailable(), unavailable.path(), at.errors());
  const auto scaled = api::ScaledValue(rolling.maxunavailable(), 100, true);
  if (scaled.ok() && *scaled == 0) InvalidIntOrString(unavailable, rolling.maxunavailable(), "cannot be 0");
  RejectOverHundredPercent(unavailable, rolling.maxunavailable());
}

void ValidateRollingUpdate(const k8s::apps::v1::RollingUpdateDaemonSet& rolling, const FieldAt& at) {
  const FieldAt unavailable_at = at.Field("maxUnavailable");
  const FieldAt surge_at = at.Field("maxSurge");
  ValidateNonNegativeIntOrPercent(rolling.maxunavailable(), unavailable_at.path(), at.errors());
  ValidateNonNegativeIntOrPercent(rolling.maxsurge(), surge_at.path(), at.errors());
  RejectOverHundredPercent(unavailable_at, rolling.maxunavailable());
  RejectOverHundredPercent(surge_at, rolling.maxsurge());
  const auto unavailable = api::ScaledValue(rolling.maxunavailable(), 100, true);
  const auto surge = api::ScaledValue(rolling.maxsurge(), 100, true);
  if (!unavailable.ok() || !surge.ok()) return;
  if (*unavailable != 0 && *surge != 0) {
    InvalidIntOrString(surge_at, rolling.maxsurge(), "may not be set when maxUnavailable is non-zero");
  }
  if (*unavailable == 0 && *surge == 0) unavailable_at.Required("cannot be 0 when maxSurge is 0");
}

// What an update may change of `spec`, taken from `from`.
void TakeMutable(const StatefulSetSpec& from, StatefulSetSpec* spec) {
  const StatefulSetSpec kept = *spec;
  *spec = from;
  *spec->mutable_volumeclaimtemplates() = kept.volumeclaimtemplates();
  if (kept.has_selector()) {
    *spec->mutable_selector() = kept.selector();
  } else {
    spec->clear_selector();
  }
  spec->set_servicename(kept.servicename());
  spec->set_podmanagementpolicy(kept.podmanagementpolicy());
}

}  // namespace

void ValidateStatefulSet(const Object& object, FieldErrors* errors) {
  const auto& spec = static_cast<const StatefulSet&>(object).spec();
  const FieldAt at("spec", errors);
  const std::string& policy = spec.podmanagementpolicy();
  if (at.Field("podManagementPolicy").Present(policy) && policy != "OrderedReady" && policy != "Parallel") {
    at.Field("podManagementPolicy").Invalid(policy, "must be 'OrderedReady' or 'Parallel'");
  }
  ValidateUpdateStrategy(spec.updatestrategy(), at.Field("updateStrategy"));
  const FieldAt retention = at.Field("persistentVolumeClaimRetentionPolicy");
  retention.Field("whenDeleted").OneOf(spec.persistentvolumeclaimretentionpolicy().whendeleted(), {"Delete", "Retain"});
  retention.Field("whenScaled").OneOf(spec.persistentvolumeclaimretentionpolicy().whenscaled(), {"Delete", "Retain"});
  at.Field("replicas").NonNegative(spec.replicas());
  at.Field("minReadySeconds").NonNegative(spec.minreadyseconds());
  at.Field("ordinals.start").NonNegative(spec.ordinals().start());
  if (!spec.servicename().empty()) at.Field("serviceName").Matches(spec.servicename(), api::ValidateDns1123Label);
  ValidateSelectorOf(spec.template_(), spec.has_selector() ? &spec.selector() : nullptr, "statefulset", errors);
  // As upstream, which leaves the rest of the pod's spec to the creation of pods: mounts may name claim templates.
  const FieldAt template_at = at.Field("template");
  template_at.Field("metadata.labels").Labels(spec.template_().metadata().labels());
  ValidateLastingPods(spec.template_(), "StatefulSet", errors);
}

void ValidateStatefulSetUpdate(const Object& object, const Object& old, FieldErrors* errors) {
  StatefulSetSpec allowed = static_cast<const StatefulSet&>(old).spec();
  const StatefulSetSpec& spec = static_cast<const StatefulSet&>(object).spec();
  TakeMutable(spec, &allowed);
  StatefulSetSpec wanted = spec;
  wanted.set_servicename(spec.servicename());
  if (SameMessage(allowed, wanted)) return;
  FieldAt("spec", errors)
      .Forbidden(
          "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
          "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden");
}

void ValidateDaemonSet(const Object& object, FieldErrors* errors) {
  const auto& spec = static_cast<const DaemonSet&>(object).spec();
  const FieldAt at("spec", errors);
  ValidateSelectorOf(spec.template_(), spec.has_selector() ? &spec.selector() : nullptr, "daemonset", errors);
  ValidateLastingTemplate(spec.template_(), "DaemonSet", errors);
  at.Field("minReadySeconds").NonNegative(spec.minreadyseconds());
  at.Field("revisionHistoryLimit").NonNegative(spec.revisionhistorylimit());
  const auto& strategy = spec.updatestrategy();
  at.Field("updateStrategy").OneOf(strategy.type(), {"OnDelete", "RollingUpdate"});
  if (strategy.type() == "RollingUpdate") {
    ValidateRollingUpdate(strategy.rollingupdate(), at.Field("updateStrategy.rollingUpdate"));
  }
}

void ValidateDaemonSetUpdate(const Object& object, const Object& old, FieldErrors* errors) {
  FieldAt("spec.selector", errors)
      .Immutable(static_cast<const DaemonSet&>(object).spec().selector(),
                 static_cast<const DaemonSet&>(old).spec().selector());
}

void ValidateControllerRevision(const Object& object, FieldErrors* errors) {
  const auto& revision = static_cast<const ControllerRevision&>(object);
  FieldAt at(errors);
  at.Field("revision").NonNegative(revision.revision());
  if (revision.data().raw().empty()) at.Field("data").Required("data is mandatory");
}

void ValidateControllerRevisionUpdate(const Object& object, const Object& old, FieldErrors* errors) {
  FieldAt("data", errors)
      .Immutable(static_cast<const ControllerRevision&>(object).data(),
                 static_cast<const ControllerRevision&>(old).data());
}

}  // namespace kubelite::apiserver
