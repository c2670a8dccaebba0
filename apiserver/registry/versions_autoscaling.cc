// autoscaling/v1 as a view of the stored autoscaling/v2: v1 knows one metric, the CPU utilization of resource metrics.
// What it cannot show travels in an annotation of the view, so that reading and writing back through v1 loses nothing.

#include <utility>

#include "apiserver/registry/versions.h"
#include "common/api/json.h"
#include "k8s/autoscaling/v1.pb.h"
#include "k8s/autoscaling/v2.pb.h"

namespace kubelite::apiserver {
namespace {

using V1 = k8s::autoscaling::v1::HorizontalPodAutoscaler;
using V2 = k8s::autoscaling::v2::HorizontalPodAutoscaler;

constexpr char kRest[] = "autoscaling.kube-lite.dev/v2";

bool IsCpuUtilization(const k8s::autoscaling::v2::MetricSpec& metric) {
  return metric.type() == "Resource" && metric.resource().name() == "cpu" &&
         metric.resource().target().has_averageutilization();
}

// What v1 has no field for; empty when there is nothing.
std::string RestOf(const V2& from) {
  V2 rest;
  for (const auto& metric : from.spec().metrics()) {
    if (!IsCpuUtilization(metric)) *rest.mutable_spec()->add_metrics() = metric;
  }
  if (from.spec().has_behavior()) *rest.mutable_spec()->mutable_behavior() = from.spec().behavior();
  *rest.mutable_status()->mutable_currentmetrics() = from.status().currentmetrics();
  *rest.mutable_status()->mutable_conditions() = from.status().conditions();
  const bool empty = !rest.has_spec() && rest.status().currentmetrics().empty() && rest.status().conditions().empty();
  return empty ? "" : api::EncodeJson(rest);
}

template <typename From, typename To>
void CopyReference(const From& from, To* to) {
  if (from.has_kind()) to->set_kind(from.kind());
  if (from.has_name()) to->set_name(from.name());
  if (from.has_apiversion()) to->set_apiversion(from.apiversion());
}

template <typename From, typename To>
void CopyCommon(const From& from, To* to) {
  *to->mutable_metadata() = from.metadata();
  if (from.spec().has_scaletargetref()) {
    CopyReference(from.spec().scaletargetref(), to->mutable_spec()->mutable_scaletargetref());
  }
  if (from.spec().has_minreplicas()) to->mutable_spec()->set_minreplicas(from.spec().minreplicas());
  if (from.spec().has_maxreplicas()) to->mutable_spec()->set_maxreplicas(from.spec().maxreplicas());
  if (!from.has_status()) return;
  auto* status = to->mutable_status();
  if (from.status().has_observedgeneration()) status->set_observedgeneration(from.status().observedgeneration());
  if (from.status().has_lastscaletime()) *status->mutable_lastscaletime() = from.status().lastscaletime();
  if (from.status().has_currentreplicas()) status->set_currentreplicas(from.status().currentreplicas());
  if (from.status().has_desiredreplicas()) status->set_desiredreplicas(from.status().desiredreplicas());
}

std::unique_ptr<api::Object> ToV1(const api::Object& object) {
  const auto& from = static_cast<const V2&>(object);
  auto to = std::make_unique<V1>();
  CopyCommon(from, to.get());
  for (const auto& metric : from.spec().metrics()) {
    if (!IsCpuUtilization(metric)) continue;
    to->mutable_spec()->set_targetcpuutilizationpercentage(metric.resource().target().averageutilization());
  }
  for (const auto& metric : from.status().currentmetrics()) {
    if (metric.resource().name() != "cpu" || !metric.resource().current().has_averageutilization()) continue;
    to->mutable_status()->set_currentcpuutilizationpercentage(metric.resource().current().averageutilization());
  }
  if (std::string rest = RestOf(from); !rest.empty()) {
    (*to->mutable_metadata()->mutable_annotations())[kRest] = std::move(rest);
  }
  return to;
}

std::unique_ptr<api::Object> FromV1(const api::Object& object) {
  const auto& from = static_cast<const V1&>(object);
  auto to = std::make_unique<V2>();
  CopyCommon(from, to.get());
  if (from.spec().has_targetcpuutilizationpercentage()) {
    auto* metric = to->mutable_spec()->add_metrics();
    metric->set_type("Resource");
    metric->mutable_resource()->set_name("cpu");
    metric->mutable_resource()->mutable_target()->set_type("Utilization");
    metric->mutable_resource()->mutable_target()->set_averageutilization(from.spec().targetcpuutilizationpercentage());
  }
  auto* annotations = to->mutable_metadata()->mutable_annotations();
  const auto rest = annotations->find(kRest);
  if (rest == annotations->end()) return to;
  // Clients can write anything there; what does not decode stays an annotation.
  V2 decoded;
  if (!api::DecodeJsonInto(rest->second, &decoded).ok()) return to;
  to->mutable_spec()->mutable_metrics()->MergeFrom(decoded.spec().metrics());
  if (decoded.spec().has_behavior()) *to->mutable_spec()->mutable_behavior() = decoded.spec().behavior();
  if (decoded.has_status()) to->mutable_status()->MergeFrom(decoded.status());
  annotations->erase(rest);
  return to;
}

}  // namespace

void MakeAutoscalingView(ResourceDef* def) {
  if (def->info->descriptor != V1::descriptor()) return;
  def->stored_as = &api::ResourceOf<V2>();
  def->to_stored = FromV1;
  def->from_stored = ToV1;
}

}  // namespace kubelite::apiserver
