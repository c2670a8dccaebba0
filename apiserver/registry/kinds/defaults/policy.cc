#include "apiserver/registry/kinds/defaults/kind_defaults.h"
#include "k8s/autoscaling/v2.pb.h"
#include "k8s/core/v1.pb.h"
#include "k8s/scheduling/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::autoscaling::v2::HorizontalPodAutoscaler;
using k8s::autoscaling::v2::HPAScalingRules;
using k8s::core::v1::LimitRange;
using k8s::core::v1::LimitRangeItem;
using k8s::scheduling::v1::PriorityClass;

constexpr int kCpuUtilization = 80;
constexpr int kPeriodSeconds = 15;

void AddPolicy(const char* type, int value, HPAScalingRules* rules) {
  auto* policy = rules->add_policies();
  policy->set_type(type);
  policy->set_value(value);
  policy->set_periodseconds(kPeriodSeconds);
}

// How long scaling down looks back stays unset: then it is the controller's setting.
void DefaultBehavior(k8s::autoscaling::v2::HorizontalPodAutoscalerBehavior* behavior) {
  HPAScalingRules* up = behavior->mutable_scaleup();
  if (!up->has_stabilizationwindowseconds()) up->set_stabilizationwindowseconds(0);
  if (!up->has_selectpolicy()) up->set_selectpolicy("Max");
  if (up->policies_size() == 0) {
    AddPolicy("Pods", 4, up);
    AddPolicy("Percent", 100, up);
  }
  HPAScalingRules* down = behavior->mutable_scaledown();
  if (!down->has_selectpolicy()) down->set_selectpolicy("Max");
  if (down->policies_size() == 0) AddPolicy("Percent", 100, down);
}

void DefaultContainerLimits(LimitRangeItem* item) {
  auto* limits = item->mutable_default_();
  auto* requests = item->mutable_defaultrequest();
  for (const auto& [resource, amount] : item->max()) limits->insert({resource, amount});
  for (const auto& [resource, amount] : *limits) requests->insert({resource, amount});
  for (const auto& [resource, amount] : item->min()) requests->insert({resource, amount});
}

}  // namespace

void DefaultAutoscaler(api::Object* object) {
  auto* spec = static_cast<HorizontalPodAutoscaler*>(object)->mutable_spec();
  if (!spec->has_minreplicas()) spec->set_minreplicas(1);
  if (spec->metrics_size() == 0) {
    auto* metric = spec->add_metrics();
    metric->set_type("Resource");
    metric->mutable_resource()->set_name("cpu");
    metric->mutable_resource()->mutable_target()->set_type("Utilization");
    metric->mutable_resource()->mutable_target()->set_averageutilization(kCpuUtilization);
  }
  if (spec->has_behavior()) DefaultBehavior(spec->mutable_behavior());
}

void DefaultPriorityClass(api::Object* object) {
  auto* priority_class = static_cast<PriorityClass*>(object);
  if (!priority_class->has_preemptionpolicy()) priority_class->set_preemptionpolicy("PreemptLowerPriority");
}

void DefaultLimitRange(api::Object* object) {
  for (LimitRangeItem& item : *static_cast<LimitRange*>(object)->mutable_spec()->mutable_limits()) {
    if (item.type() == "Container") DefaultContainerLimits(&item);
  }
}

}  // namespace kubelite::apiserver
