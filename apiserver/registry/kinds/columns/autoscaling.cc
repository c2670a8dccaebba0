#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "apiserver/registry/kinds/columns/kind_columns.h"
#include "common/api/quantity.h"
#include "k8s/autoscaling/v2.pb.h"

namespace kubelite::apiserver {
namespace {

using Autoscaler = k8s::autoscaling::v2::HorizontalPodAutoscaler;
using k8s::autoscaling::v2::MetricSpec;
using k8s::autoscaling::v2::MetricStatus;
using k8s::autoscaling::v2::MetricTarget;
using k8s::autoscaling::v2::MetricValueStatus;

constexpr char kUnknown[] = "<unknown>";

std::string AmountText(const k8s::apimachinery::resource::Quantity& amount) {
  return api::Quantity::From(amount).ToString();
}

// "current/target" of a metric whose target is a value or an average.
std::string ValueText(const MetricTarget& target, const MetricValueStatus* current) {
  if (target.has_averagevalue()) {
    const bool known = current != nullptr && current->has_averagevalue();
    return absl::StrCat(known ? AmountText(current->averagevalue()) : kUnknown, "/", AmountText(target.averagevalue()),
                        " (avg)");
  }
  const bool known = current != nullptr && current->has_value();
  return absl::StrCat(known ? AmountText(current->value()) : kUnknown, "/", AmountText(target.value()));
}

// "cpu: 10%/80%" of the resource metrics.
std::string ResourceText(const std::string& name, const MetricTarget& target, const MetricValueStatus* current) {
  if (target.has_averagevalue()) {
    const std::string now = current == nullptr ? kUnknown : AmountText(current->averagevalue());
    return absl::StrCat(name, ": ", now, "/", AmountText(target.averagevalue()));
  }
  const bool known = current != nullptr && current->has_averageutilization();
  const std::string now = known ? absl::StrCat(current->averageutilization(), "%") : kUnknown;
  const std::string wanted =
      target.has_averageutilization() ? absl::StrCat(target.averageutilization(), "%") : "<auto>";
  return absl::StrCat(name, ": ", now, "/", wanted);
}

std::string PodsText(const MetricTarget& target, const MetricValueStatus* current) {
  return absl::StrCat(current == nullptr ? kUnknown : AmountText(current->averagevalue()), "/",
                      AmountText(target.averagevalue()));
}

// The status at the same place of the list, if it is of the same type.
std::string MetricText(const MetricSpec& metric, const MetricStatus* status) {
  if (metric.type() == "Resource") {
    const bool known = status != nullptr && status->has_resource();
    return ResourceText(metric.resource().name(), metric.resource().target(),
                        known ? &status->resource().current() : nullptr);
  }
  if (metric.type() == "ContainerResource") {
    const bool known = status != nullptr && status->has_containerresource();
    return ResourceText(metric.containerresource().name(), metric.containerresource().target(),
                        known ? &status->containerresource().current() : nullptr);
  }
  if (metric.type() == "Pods") {
    return PodsText(metric.pods().target(),
                    status != nullptr && status->has_pods() ? &status->pods().current() : nullptr);
  }
  if (metric.type() == "Object") {
    return ValueText(metric.object().target(),
                     status != nullptr && status->has_object() ? &status->object().current() : nullptr);
  }
  if (metric.type() == "External") {
    return ValueText(metric.external().target(),
                     status != nullptr && status->has_external() ? &status->external().current() : nullptr);
  }
  return "<unknown type>";
}

std::string Targets(const Autoscaler& autoscaler) {
  constexpr int kShown = 2;
  const auto& metrics = autoscaler.spec().metrics();
  if (metrics.empty()) return "<none>";
  std::vector<std::string> texts;
  for (int i = 0; i < metrics.size() && i < kShown; ++i) {
    const bool known = i < autoscaler.status().currentmetrics_size();
    texts.push_back(MetricText(metrics[i], known ? &autoscaler.status().currentmetrics(i) : nullptr));
  }
  const std::string text = absl::StrJoin(texts, ", ");
  return metrics.size() <= kShown ? text : absl::StrCat(text, " + ", metrics.size() - kShown, " more...");
}

}  // namespace

Columns AutoscalerColumns() {
  return {NameColumn(),
          Text<Autoscaler>("Reference",
                           [](const Autoscaler& a) {
                             return absl::StrCat(a.spec().scaletargetref().kind(), "/",
                                                 a.spec().scaletargetref().name());
                           }),
          Text<Autoscaler>("Targets", Targets),
          Text<Autoscaler>("MinPods",
                           [](const Autoscaler& a) {
                             return a.spec().has_minreplicas() ? absl::StrCat(a.spec().minreplicas()) : "<unset>";
                           }),
          Text<Autoscaler>("MaxPods", [](const Autoscaler& a) { return absl::StrCat(a.spec().maxreplicas()); }),
          Text<Autoscaler>("Replicas", [](const Autoscaler& a) { return absl::StrCat(a.status().currentreplicas()); }),
          AgeColumn()};
}

}  // namespace kubelite::apiserver
