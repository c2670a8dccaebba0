#include "apiserver/registry/kinds/validation/field_at.h"
#include "apiserver/registry/kinds/validation/fields.h"
#include "apiserver/registry/kinds/validation/kind_rules.h"
#include "common/api/names.h"
#include "common/api/quantity.h"
#include "common/api/scheme.h"
#include "k8s/autoscaling/v2.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::autoscaling::v2::CrossVersionObjectReference;
using k8s::autoscaling::v2::HorizontalPodAutoscaler;
using k8s::autoscaling::v2::HPAScalingRules;
using k8s::autoscaling::v2::MetricIdentifier;
using k8s::autoscaling::v2::MetricSpec;
using k8s::autoscaling::v2::MetricTarget;

constexpr int kMaxWindowSeconds = 3600;
constexpr int kMaxPeriodSeconds = 1800;

void ValidateReference(const CrossVersionObjectReference& reference, const FieldAt& at) {
  at.Field("kind").PresentAndMatches(reference.kind(), api::ValidatePathSegmentName);
  at.Field("name").PresentAndMatches(reference.name(), api::ValidatePathSegmentName);
  if (reference.apiversion().empty()) return;
  const auto parsed = api::ParseApiVersion(reference.apiversion(), reference.kind());
  if (!parsed.ok()) at.Field("apiVersion").Invalid(reference.apiversion(), parsed.status().message());
}

void ValidateTarget(const MetricTarget& target, const FieldAt& at) {
  if (target.type().empty()) at.Field("type").Required("must specify a metric target type");
  if (target.type() != "Utilization" && target.type() != "Value" && target.type() != "AverageValue") {
    at.Field("type").Invalid(target.type(), "must be either Utilization, Value, or AverageValue");
  }
  const auto positive = [](const k8s::apimachinery::resource::Quantity& amount, const FieldAt& where) {
    const api::Quantity quantity = api::Quantity::From(amount);
    if (quantity.Sign() != 1) where.Invalid(quantity.ToString(), "must be positive");
  };
  if (target.has_value()) positive(target.value(), at.Field("value"));
  if (target.has_averagevalue()) positive(target.averagevalue(), at.Field("averageValue"));
  if (target.has_averageutilization() && target.averageutilization() < 1) {
    at.Field("averageUtilization").Invalid(target.averageutilization(), "must be greater than 0");
  }
}

void ValidateIdentifier(const MetricIdentifier& metric, const FieldAt& at) {
  if (metric.name().empty()) {
    at.Field("name").Required("must specify a metric name");
  } else {
    at.Field("name").Matches(metric.name(), api::ValidatePathSegmentName);
  }
}

void ValidateResourceTarget(const std::string& name, const MetricTarget& target, const FieldAt& at) {
  if (name.empty()) at.Field("name").Required("must specify a resource name");
  ValidateTarget(target, at.Field("target"));
  if (!target.has_averageutilization() && !target.has_averagevalue()) {
    at.Field("target.averageUtilization").Required("must set either a target raw value or a target utilization");
  }
  if (target.has_averageutilization() && target.has_averagevalue()) {
    at.Field("target.averageValue").Forbidden("may not set both a target raw value and a target utilization");
  }
}

void ValidateValueTarget(const MetricTarget& target, const FieldAt& at) {
  ValidateTarget(target, at.Field("target"));
  if (!target.has_value() && !target.has_averagevalue()) {
    at.Field("target.averageValue").Required("must set either a target value or averageValue");
  }
}

void ValidatePopulated(const MetricSpec& metric, const FieldAt& at) {
  if (metric.has_object()) {
    const FieldAt object = at.Field("object");
    ValidateReference(metric.object().describedobject(), object.Field("describedObject"));
    ValidateIdentifier(metric.object().metric(), object.Field("metric"));
    ValidateValueTarget(metric.object().target(), object);
  }
  if (metric.has_pods()) {
    ValidateIdentifier(metric.pods().metric(), at.Field("pods.metric"));
    ValidateTarget(metric.pods().target(), at.Field("pods.target"));
    if (!metric.pods().target().has_averagevalue()) {
      at.Field("pods.target.averageValue").Required("must specify a positive target averageValue");
    }
  }
  if (metric.has_resource())
    ValidateResourceTarget(metric.resource().name(), metric.resource().target(), at.Field("resource"));
  if (metric.has_containerresource()) {
    const FieldAt container = at.Field("containerResource");
    if (metric.containerresource().container().empty()) {
      container.Field("container").Required("must specify a container");
    }
    ValidateResourceTarget(metric.containerresource().name(), metric.containerresource().target(), container);
  }
  if (metric.has_external()) {
    ValidateIdentifier(metric.external().metric(), at.Field("external.metric"));
    ValidateValueTarget(metric.external().target(), at.Field("external"));
  }
}

void ValidateMetric(const MetricSpec& metric, const FieldAt& at) {
  if (metric.type().empty()) return at.Field("type").Required("must specify a metric source type");
  struct Source {
    const char *type, *field;
    bool set;
  };
  const Source sources[] = {{"ContainerResource", "containerResource", metric.has_containerresource()},
                            {"External", "external", metric.has_external()},
                            {"Object", "object", metric.has_object()},
                            {"Pods", "pods", metric.has_pods()},
                            {"Resource", "resource", metric.has_resource()}};
  bool known = false;
  for (const Source& source : sources) {
    const bool wanted = metric.type() == source.type;
    known = known || wanted;
    if (wanted && !source.set) {
      at.Field(source.field).Required("must populate information for the given metric source");
    }
    if (!wanted && source.set) at.Field(source.field).Forbidden("must populate the given metric source only");
  }
  if (!known) {
    at.Field("type").NotSupported(metric.type(), {"ContainerResource", "External", "Object", "Pods", "Resource"});
  }
  ValidatePopulated(metric, at);
}

void ValidateScaling(const HPAScalingRules& rules, const FieldAt& at) {
  const int window = rules.stabilizationwindowseconds();
  if (window < 0) at.Field("stabilizationWindowSeconds").Invalid(window, "must be greater than or equal to zero");
  if (window > kMaxWindowSeconds) {
    at.Field("stabilizationWindowSeconds").Invalid(window, "must be less than or equal to 3600");
  }
  at.Field("selectPolicy").OneOf(rules.selectpolicy(), {"Disabled", "Max", "Min"});
  if (rules.policies_size() == 0) at.Field("policies").Required("must specify at least one Policy");
  for (int i = 0; i < rules.policies_size(); ++i) {
    const auto& policy = rules.policies(i);
    const FieldAt policy_at = at.Field("policies").Item(i);
    policy_at.Field("type").PresentAndOneOf(policy.type(), {"Percent", "Pods"});
    if (policy.value() <= 0) policy_at.Field("value").Invalid(policy.value(), "must be greater than zero");
    const FieldAt period = policy_at.Field("periodSeconds");
    if (policy.periodseconds() <= 0) period.Invalid(policy.periodseconds(), "must be greater than zero");
    if (policy.periodseconds() > kMaxPeriodSeconds) {
      period.Invalid(policy.periodseconds(), "must be less than or equal to 1800");
    }
  }
}

}  // namespace

void ValidateAutoscaler(const Object& object, FieldErrors* errors) {
  const auto& spec = static_cast<const HorizontalPodAutoscaler&>(object).spec();
  const FieldAt at("spec", errors);
  if (spec.has_minreplicas() && spec.minreplicas() < 1) {
    at.Field("minReplicas").Invalid(spec.minreplicas(), "must be greater than or equal to 1");
  }
  if (spec.maxreplicas() < 1) {
    at.Field("maxReplicas").Required("must be set and greater than 0");
  } else if (spec.has_minreplicas() && spec.maxreplicas() < spec.minreplicas()) {
    at.Field("maxReplicas").Invalid(spec.maxreplicas(), "must be greater than or equal to `minReplicas`");
  }
  ValidateReference(spec.scaletargetref(), at.Field("scaleTargetRef"));
  for (int i = 0; i < spec.metrics_size(); ++i) ValidateMetric(spec.metrics(i), at.Field("metrics").Item(i));
  if (spec.behavior().has_scaleup()) ValidateScaling(spec.behavior().scaleup(), at.Field("behavior.scaleUp"));
  if (spec.behavior().has_scaledown()) ValidateScaling(spec.behavior().scaledown(), at.Field("behavior.scaleDown"));
}

}  // namespace kubelite::apiserver
