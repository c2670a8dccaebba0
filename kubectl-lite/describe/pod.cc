#include "absl/strings/str_cat.h"
#include "common/api/time.h"
#include "kubectl-lite/describe/parts.h"

namespace kubelite::cli {
namespace {

using k8s::core::v1::Pod;

void AddPhase(const DescribeInput& input, const Pod& pod, Lines* lines) {
  if (api::IsBeingDeleted(pod) && pod.status().reason() != "NodeLost") {
    lines->Add(0, "Status:\tTerminating (lasts ",
               api::FormatAge(api::FromProto(pod.metadata().deletiontimestamp()), input.now), ")");
    lines->Add(0, "Termination Grace Period:\t", pod.metadata().deletiongraceperiodseconds(), "s");
  } else {
    lines->Add(0, "Status:\t", pod.status().phase());
  }
  lines->OptionalField(0, "Reason", pod.status().reason());
  lines->OptionalField(0, "Message", pod.status().message());
}

void AddAddresses(const Pod& pod, Lines* lines) {
  lines->Add(0, "IP:\t", pod.status().podip());
  if (pod.status().podips_size() == 0) {
    lines->Field(0, "IPs", "");
    return;
  }
  lines->Add(0, "IPs:");
  for (const auto& ip : pod.status().podips()) lines->Add(1, "IP:\t", ip.ip());
}

void AddConditions(const Pod& pod, Lines* lines) {
  if (pod.status().conditions_size() == 0) return;
  lines->Add(0, "Conditions:");
  lines->Add(1, "Type\tStatus");
  for (const auto& condition : pod.status().conditions())
    lines->Add(1, condition.type(), "\t", condition.status(), " ");
}

}  // namespace

absl::Status DescribePod(const DescribeInput& input, Lines* lines) {
  const Pod& pod = static_cast<const Pod&>(*input.object);
  const auto& spec = pod.spec();
  DescribeName(input, lines);
  if (spec.has_priority()) lines->Add(0, "Priority:\t", spec.priority());
  lines->OptionalField(0, "Priority Class Name", spec.priorityclassname());
  lines->OptionalField(0, "Runtime Class Name", spec.runtimeclassname());
  lines->Add(0, "Service Account:\t", spec.serviceaccountname());
  lines->Field(0, "Node", spec.nodename().empty() ? "" : absl::StrCat(spec.nodename(), "/", pod.status().hostip()));
  lines->OptionalField(0, "Start Time", TimeText(pod.status().starttime(), input.zone));
  DescribeLabels(input, lines);
  DescribeAnnotations("", pod.metadata().annotations(), lines);
  AddPhase(input, pod, lines);
  AddAddresses(pod, lines);
  lines->OptionalField(0, "Controlled By", ControllerText(pod));
  lines->OptionalField(0, "NominatedNodeName", pod.status().nominatednodename());
  if (spec.initcontainers_size() > 0) {
    DescribeContainers("Init Containers", "", spec.initcontainers(), pod.status().initcontainerstatuses(), input.zone,
                       lines);
  }
  DescribeContainers("Containers", "", spec.containers(), pod.status().containerstatuses(), input.zone, lines);
  AddConditions(pod, lines);
  DescribeVolumes("", spec, lines);
  lines->OptionalField(0, "QoS Class", pod.status().qosclass());
  DescribeScheduling("", spec, lines);
  return absl::OkStatus();
}

}  // namespace kubelite::cli
