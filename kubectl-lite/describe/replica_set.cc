#include "absl/strings/str_cat.h"
#include "common/api/selectors.h"
#include "common/base/status_macros.h"
#include "k8s/apps/v1.pb.h"
#include "kubectl-lite/describe/parts.h"

namespace kubelite::cli {
namespace {

using k8s::apps::v1::ReplicaSet;
using k8s::core::v1::Pod;

absl::Status AddPodCounts(const DescribeInput& input, const std::string& selector, Lines* lines) {
  client::ListOptions options;
  options.name_space = api::Meta(*input.object).namespace_();
  options.label_selector = selector;
  ASSIGN_OR_RETURN(const auto pods, client::List<Pod>(input.client, options));
  int running = 0;
  int waiting = 0;
  int succeeded = 0;
  int failed = 0;
  for (const auto& pod : pods) {
    if (!api::IsControlledBy(*pod, *input.object)) continue;
    const std::string& phase = pod->status().phase();
    ++(phase == "Running" ? running : phase == "Succeeded" ? succeeded : phase == "Failed" ? failed : waiting);
  }
  lines->Add(0, "Pods Status:\t", running, " Running / ", waiting, " Waiting / ", succeeded, " Succeeded / ", failed,
             " Failed");
  return absl::OkStatus();
}

}  // namespace

absl::Status DescribeReplicaSet(const DescribeInput& input, Lines* lines) {
  const ReplicaSet& set = static_cast<const ReplicaSet&>(*input.object);
  ASSIGN_OR_RETURN(const api::LabelSelector selector, api::LabelSelector::From(set.spec().selector()));
  DescribeName(input, lines);
  lines->Add(0, "Selector:\t", selector.ToString());
  DescribeLabels(input, lines);
  DescribeAnnotations("", set.metadata().annotations(), lines);
  lines->OptionalField(0, "Controlled By", ControllerText(set));
  lines->Add(0, "Replicas:\t", set.status().replicas(), " current / ", set.spec().replicas(), " desired");
  RETURN_IF_ERROR(AddPodCounts(input, selector.ToString(), lines));
  DescribePodTemplate(set.spec().template_(), lines);
  if (set.status().conditions_size() > 0) {
    lines->Add(0, "Conditions:");
    lines->Add(1, "Type\tStatus\tReason");
    lines->Add(1, "----\t------\t------");
    for (const auto& condition : set.status().conditions()) {
      lines->Add(1, condition.type(), " \t", condition.status(), "\t", condition.reason());
    }
  }
  return absl::OkStatus();
}

}  // namespace kubelite::cli
