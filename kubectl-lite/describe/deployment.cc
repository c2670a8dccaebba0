#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/api/int_or_string.h"
#include "common/api/selectors.h"
#include "common/base/status_macros.h"
#include "k8s/apps/v1.pb.h"
#include "kubectl-lite/describe/parts.h"

namespace kubelite::cli {
namespace {

using k8s::apps::v1::Deployment;
using k8s::apps::v1::ReplicaSet;
using ReplicaSetPtr = std::shared_ptr<const ReplicaSet>;

int64_t Revision(const ReplicaSet& replica_set) {
  int64_t revision = 0;
  return absl::SimpleAtoi(api::GetAnnotation(replica_set, "deployment.kubernetes.io/revision"), &revision) ? revision
                                                                                                           : 0;
}

// The deployment's replica sets, oldest revision first.
absl::StatusOr<std::vector<ReplicaSetPtr>> ReplicaSetsOf(const DescribeInput& input, const std::string& selector) {
  client::ListOptions options;
  options.name_space = api::Meta(*input.object).namespace_();
  options.label_selector = selector;
  ASSIGN_OR_RETURN(std::vector<ReplicaSetPtr> all, client::List<ReplicaSet>(input.client, options));
  std::erase_if(all, [&](const ReplicaSetPtr& set) { return !api::IsControlledBy(*set, *input.object); });
  std::sort(all.begin(), all.end(),
            [](const ReplicaSetPtr& a, const ReplicaSetPtr& b) { return Revision(*a) < Revision(*b); });
  return all;
}

std::string SetsText(const std::vector<ReplicaSetPtr>& sets) {
  return absl::StrJoin(sets, ", ", [](std::string* out, const ReplicaSetPtr& set) {
    absl::StrAppend(out, set->metadata().name(), " (", set->status().replicas(), "/", set->spec().replicas(),
                    " replicas created)");
  });
}

void AddConditions(const Deployment& deployment, Lines* lines) {
  if (deployment.status().conditions_size() == 0) return;
  lines->Add(0, "Conditions:");
  lines->Add(1, "Type\tStatus\tReason");
  lines->Add(1, "----\t------\t------");
  for (const auto& condition : deployment.status().conditions()) {
    lines->Add(1, condition.type(), " \t", condition.status(), "\t", condition.reason());
  }
}

}  // namespace

absl::Status DescribeDeployment(const DescribeInput& input, Lines* lines) {
  const Deployment& deployment = static_cast<const Deployment&>(*input.object);
  const auto& spec = deployment.spec();
  const auto& status = deployment.status();
  ASSIGN_OR_RETURN(const api::LabelSelector selector, api::LabelSelector::From(spec.selector()));
  DescribeName(input, lines);
  lines->Add(0, "CreationTimestamp:\t", TimeText(deployment.metadata().creationtimestamp(), input.zone));
  DescribeLabels(input, lines);
  DescribeAnnotations("", deployment.metadata().annotations(), lines);
  lines->Add(0, "Selector:\t", selector.ToString());
  lines->Add(0, "Replicas:\t", spec.replicas(), " desired | ", status.updatedreplicas(), " updated | ",
             status.replicas(), " total | ", status.availablereplicas(), " available | ", status.unavailablereplicas(),
             " unavailable");
  lines->Add(0, "StrategyType:\t", spec.strategy().type());
  lines->Add(0, "MinReadySeconds:\t", spec.minreadyseconds());
  if (spec.strategy().has_rollingupdate()) {
    const auto& rolling = spec.strategy().rollingupdate();
    lines->Add(0, "RollingUpdateStrategy:\t", api::ToString(rolling.maxunavailable()), " max unavailable, ",
               api::ToString(rolling.maxsurge()), " max surge");
  }
  DescribePodTemplate(spec.template_(), lines);
  AddConditions(deployment, lines);
  ASSIGN_OR_RETURN(std::vector<ReplicaSetPtr> sets, ReplicaSetsOf(input, selector.ToString()));
  // The newest revision is the one being rolled out, unless the controller has not seen the change yet.
  std::vector<ReplicaSetPtr> newest;
  if (!sets.empty()) {
    newest.push_back(sets.back());
    sets.pop_back();
  }
  lines->Field(0, "OldReplicaSets", SetsText(sets));
  lines->Field(0, "NewReplicaSet", SetsText(newest));
  return absl::OkStatus();
}

}  // namespace kubelite::cli
