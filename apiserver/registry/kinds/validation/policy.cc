// PodDisruptionBudget, PriorityClass, RuntimeClass.

#include "absl/strings/match.h"
#include "apiserver/registry/kinds/validation/field_at.h"
#include "apiserver/registry/kinds/validation/fields.h"
#include "apiserver/registry/kinds/validation/kind_rules.h"
#include "common/api/names.h"
#include "k8s/core/v1.pb.h"
#include "k8s/node/v1.pb.h"
#include "k8s/policy/v1.pb.h"
#include "k8s/scheduling/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::node::v1::RuntimeClass;
using k8s::policy::v1::PodDisruptionBudget;
using k8s::scheduling::v1::PriorityClass;

constexpr int kHighestUserPriority = 1000000000;

// Why the name, which begins with "system-", may not be used with these values; empty when it may.
std::string SystemNameProblem(const PriorityClass& priority_class) {
  struct SystemClass {
    const char* name;
    int value;
  };
  for (const SystemClass& known :
       {SystemClass{"system-node-critical", 2000001000}, SystemClass{"system-cluster-critical", 2000000000}}) {
    if (priority_class.metadata().name() != known.name) continue;
    if (priority_class.value() != known.value) {
      return absl::StrCat("value of ", known.name, " PriorityClass must be ", known.value);
    }
    if (priority_class.globaldefault())
      return absl::StrCat("globalDefault of ", known.name, " PriorityClass must be false");
    return "";
  }
  return absl::StrCat(priority_class.metadata().name(), " is not a known system priority class");
}

}  // namespace

void ValidateDisruptionBudget(const Object& object, FieldErrors* errors) {
  const auto& spec = static_cast<const PodDisruptionBudget&>(object).spec();
  const FieldAt at("spec", errors);
  if (spec.has_minavailable() && spec.has_maxunavailable()) {
    at.Invalid(spec, "minAvailable and maxUnavailable cannot be both set");
  }
  if (spec.has_minavailable()) {
    ValidateNonNegativeIntOrPercent(spec.minavailable(), "spec.minAvailable", errors);
    RejectOverHundredPercent(at.Field("minAvailable"), spec.minavailable());
  }
  if (spec.has_maxunavailable()) {
    ValidateNonNegativeIntOrPercent(spec.maxunavailable(), "spec.maxUnavailable", errors);
    RejectOverHundredPercent(at.Field("maxUnavailable"), spec.maxunavailable());
  }
  if (spec.has_selector()) ValidateLabelSelector(spec.selector(), "spec.selector", errors);
  at.Field("unhealthyPodEvictionPolicy").OneOf(spec.unhealthypodevictionpolicy(), {"AlwaysAllow", "IfHealthyBudget"});
}

void ValidatePriorityClass(const Object& object, FieldErrors* errors) {
  const auto& priority_class = static_cast<const PriorityClass&>(object);
  const FieldAt at(errors);
  if (absl::StartsWith(priority_class.metadata().name(), "system-")) {
    if (const std::string problem = SystemNameProblem(priority_class); !problem.empty()) {
      at.Field("metadata.name")
          .Forbidden(absl::StrCat(
              "priority class names with 'system-' prefix are reserved for system use only. error: ", problem));
    }
  } else if (priority_class.value() > kHighestUserPriority) {
    at.Field("value").Forbidden(
        absl::StrCat("maximum allowed value of a user defined priority is ", kHighestUserPriority));
  }
  at.Field("preemptionPolicy").PresentAndOneOf(priority_class.preemptionpolicy(), {"Never", "PreemptLowerPriority"});
}

void ValidatePriorityClassUpdate(const Object& object, const Object& old, FieldErrors* errors) {
  const auto& priority_class = static_cast<const PriorityClass&>(object);
  const auto& before = static_cast<const PriorityClass&>(old);
  const FieldAt at(errors);
  if (priority_class.value() != before.value()) at.Field("value").Forbidden("may not be changed in an update.");
  at.Field("preemptionPolicy").Immutable(priority_class.preemptionpolicy(), before.preemptionpolicy());
}

void ValidateRuntimeClass(const Object& object, FieldErrors* errors) {
  const auto& runtime_class = static_cast<const RuntimeClass&>(object);
  const FieldAt at(errors);
  at.Field("handler").Matches(runtime_class.handler(), api::ValidateDns1123Label);
  at.Field("scheduling.nodeSelector").Labels(runtime_class.scheduling().nodeselector());
  const auto& tolerations = runtime_class.scheduling().tolerations();
  for (int i = 0; i < tolerations.size(); ++i) {
    for (int j = 0; j < i; ++j) {
      if (SameMessage(tolerations[i], tolerations[j])) {
        at.Field("scheduling.tolerations").Item(i).Duplicate(tolerations[i].key());
        break;
      }
    }
  }
}

void ValidateRuntimeClassUpdate(const Object& object, const Object& old, FieldErrors* errors) {
  FieldAt("handler", errors)
      .Immutable(static_cast<const RuntimeClass&>(object).handler(), static_cast<const RuntimeClass&>(old).handler());
}

}  // namespace kubelite::apiserver
