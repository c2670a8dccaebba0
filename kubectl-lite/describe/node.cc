#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/api/errors.h"
#include "common/api/quantity.h"
#include "common/api/time.h"
#include "common/base/status_macros.h"
#include "k8s/coordination/v1.pb.h"
#include "kubectl-lite/describe/parts.h"

namespace kubelite::cli {
namespace {

using api::Quantity;
using k8s::coordination::v1::Lease;
using k8s::core::v1::Node;
using k8s::core::v1::Pod;

std::string RolesText(const Node& node) {
  constexpr absl::string_view kPrefix = "node-role.kubernetes.io/";
  std::map<std::string, bool> roles;
  for (const auto& [key, value] : node.metadata().labels()) {
    if (absl::StartsWith(key, kPrefix) && key.size() > kPrefix.size()) roles[key.substr(kPrefix.size())] = true;
    if (key == "kubernetes.io/role" && !value.empty()) roles[value] = true;
  }
  return absl::StrJoin(roles, ",", [](std::string* out, const auto& role) { absl::StrAppend(out, role.first); });
}

void AddTaints(const Node& node, Lines* lines) {
  if (node.spec().taints_size() == 0) lines->Field(0, "Taints", "");
  bool first = true;
  for (const auto& taint : node.spec().taints()) {
    lines->Add(0, first ? "Taints:" : "", "\t", taint.key(), taint.value().empty() ? "" : "=", taint.value(), ":",
               taint.effect());
    first = false;
  }
}

absl::Status AddLease(const DescribeInput& input, Lines* lines) {
  const auto lease = client::Get<Lease>(input.client, {"kube-node-lease", api::Meta(*input.object).name()});
  lines->Add(0, "Lease:");
  if (api::IsNotFound(lease.status())) {
    lines->Add(1, "<none>");
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(lease.status());
  const auto time = [&](const k8s::meta::v1::MicroTime& micro) {
    const absl::Time value = api::FromProto(micro);
    return value == absl::InfinitePast() ? std::string("<unset>") : TimeText(api::MakeTime(value), input.zone);
  };
  const auto& spec = (*lease)->spec();
  lines->Add(1, "HolderIdentity:\t", spec.holderidentity().empty() ? "<unset>" : spec.holderidentity());
  lines->Add(1, "AcquireTime:\t", time(spec.acquiretime()));
  lines->Add(1, "RenewTime:\t", time(spec.renewtime()));
  return absl::OkStatus();
}

void AddConditions(const DescribeInput& input, const Node& node, Lines* lines) {
  if (node.status().conditions_size() == 0) return;
  lines->Add(0, "Conditions:");
  lines->Add(1, "Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage");
  lines->Add(1, "----\t------\t-----------------\t------------------\t------\t-------");
  for (const auto& condition : node.status().conditions()) {
    lines->Add(1, condition.type(), " \t", condition.status(), " \t",
               TimeText(condition.lastheartbeattime(), input.zone), " \t",
               TimeText(condition.lasttransitiontime(), input.zone), " \t", condition.reason(), " \t",
               condition.message());
  }
}

void AddSystemInfo(const Node& node, Lines* lines) {
  const auto& info = node.status().nodeinfo();
  lines->Add(0, "System Info:");
  lines->Add(1, "Machine ID:\t", info.machineid());
  lines->Add(1, "System UUID:\t", info.systemuuid());
  lines->Add(1, "Boot ID:\t", info.bootid());
  lines->Add(1, "Kernel Version:\t", info.kernelversion());
  lines->Add(1, "OS Image:\t", info.osimage());
  lines->Add(1, "Operating System:\t", info.operatingsystem());
  lines->Add(1, "Architecture:\t", info.architecture());
  lines->Add(1, "Container Runtime Version:\t", info.containerruntimeversion());
  lines->Add(1, "Kubelet Version:\t", info.kubeletversion());
}

using Totals = std::map<std::string, Quantity>;

struct Usage {
  Totals requests;
  Totals limits;
};

void AddUp(const QuantityMap& from, Totals* to) {
  for (const auto& [name, quantity] : from) {
    Quantity& total = (*to)[name];
    const Quantity more = Quantity::From(quantity);
    total = total.IsZero() ? more : total + more;
  }
}

void TakeLarger(const QuantityMap& from, Totals* to) {
  for (const auto& [name, quantity] : from) {
    Quantity& total = (*to)[name];
    total = std::max(total, Quantity::From(quantity));
  }
}

// What the scheduler counts: the sum over containers, or one init container when that needs more.
Usage UsageOf(const Pod& pod) {
  Usage usage;
  for (const auto& container : pod.spec().containers()) {
    AddUp(container.resources().requests(), &usage.requests);
    AddUp(container.resources().limits(), &usage.limits);
  }
  for (const auto& container : pod.spec().initcontainers()) {
    TakeLarger(container.resources().requests(), &usage.requests);
    TakeLarger(container.resources().limits(), &usage.limits);
  }
  AddUp(pod.spec().overhead(), &usage.requests);
  return usage;
}

// "250m (12%)" of what the node can give.
std::string Share(const Totals& totals, const std::string& name, const QuantityMap& allocatable) {
  const auto total = totals.find(name);
  const Quantity quantity = total == totals.end() ? Quantity() : total->second;
  const auto all = allocatable.find(name);
  const double base = all == allocatable.end() ? 0 : static_cast<double>(Quantity::From(all->second).MilliValue());
  const int percent = base == 0 ? 0 : static_cast<int>(100.0 * static_cast<double>(quantity.MilliValue()) / base);
  return absl::StrCat(quantity.ToString(), " (", percent, "%)");
}

absl::Status AddPods(const DescribeInput& input, const Node& node, Lines* lines) {
  client::ListOptions options;
  options.field_selector =
      absl::StrCat("spec.nodeName=", node.metadata().name(), ",status.phase!=Succeeded,status.phase!=Failed");
  ASSIGN_OR_RETURN(const auto pods, client::List<Pod>(input.client, options));
  const QuantityMap& allocatable = node.status().allocatable();
  lines->Add(0, "Non-terminated Pods:\t(", pods.size(), " in total)");
  lines->Add(1, "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge");
  lines->Add(1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---");
  Usage sum;
  for (const auto& pod : pods) {
    const Usage usage = UsageOf(*pod);
    for (const auto& [name, quantity] : usage.requests) sum.requests[name] = sum.requests[name] + quantity;
    for (const auto& [name, quantity] : usage.limits) sum.limits[name] = sum.limits[name] + quantity;
    lines->Add(1, pod->metadata().namespace_(), "\t", pod->metadata().name(), "\t\t",
               Share(usage.requests, "cpu", allocatable), "\t", Share(usage.limits, "cpu", allocatable), "\t",
               Share(usage.requests, "memory", allocatable), "\t", Share(usage.limits, "memory", allocatable), "\t",
               api::FormatAge(api::FromProto(pod->metadata().creationtimestamp()), input.now));
  }
  lines->Add(0, "Allocated resources:");
  lines->Add(1, "(Total limits may be over 100 percent, i.e., overcommitted.)");
  lines->Add(1, "Resource\tRequests\tLimits");
  lines->Add(1, "--------\t--------\t------");
  for (const char* name : {"cpu", "memory", "ephemeral-storage"}) {
    lines->Add(1, name, "\t", Share(sum.requests, name, allocatable), "\t", Share(sum.limits, name, allocatable));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status DescribeNode(const DescribeInput& input, Lines* lines) {
  const Node& node = static_cast<const Node&>(*input.object);
  DescribeName(input, lines);
  lines->Field(0, "Roles", RolesText(node));
  DescribeLabels(input, lines);
  DescribeAnnotations("", node.metadata().annotations(), lines);
  lines->Add(0, "CreationTimestamp:\t", TimeText(node.metadata().creationtimestamp(), input.zone));
  AddTaints(node, lines);
  lines->Add(0, "Unschedulable:\t", node.spec().unschedulable() ? "true" : "false");
  RETURN_IF_ERROR(AddLease(input, lines));
  AddConditions(input, node, lines);
  lines->Add(0, "Addresses:");
  for (const auto& address : node.status().addresses()) lines->Add(1, address.type(), ":\t", address.address());
  DescribeQuantities(0, "Capacity", node.status().capacity(), lines);
  DescribeQuantities(0, "Allocatable", node.status().allocatable(), lines);
  AddSystemInfo(node, lines);
  lines->OptionalField(0, "PodCIDR", node.spec().podcidr());
  lines->OptionalField(0, "PodCIDRs", absl::StrJoin(node.spec().podcidrs(), ","));
  lines->OptionalField(0, "ProviderID", node.spec().providerid());
  return AddPods(input, node, lines);
}

}  // namespace kubelite::cli
