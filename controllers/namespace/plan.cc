#include "controllers/namespace/plan.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/api/time.h"

namespace kubelite::controllers {
namespace {

using k8s::core::v1::Namespace;
using k8s::core::v1::NamespaceCondition;

// Content other than pods is gone at once unless finalizers hold it, so its owners get some time.
constexpr absl::Duration kRetry = absl::Seconds(2);

struct Condition {
  const char* type;
  bool failed;
  std::string reason;
  std::string message;
};

std::string ResourcesLeft(const std::vector<RemainingContent>& remaining) {
  std::vector<std::string> parts;
  for (const RemainingContent& content : remaining) {
    parts.push_back(absl::StrCat(content.resource, " has ", content.instances, " resource instances"));
  }
  std::sort(parts.begin(), parts.end());
  return absl::StrCat("Some resources are remaining: ", absl::StrJoin(parts, ", "));
}

std::string FinalizersLeft(const std::map<std::string, int>& finalizers) {
  std::vector<std::string> parts;
  for (const auto& [finalizer, count] : finalizers) {
    parts.push_back(absl::StrCat(finalizer, " in ", count, " resource instances"));
  }
  return absl::StrCat("Some content in the namespace has finalizers remaining: ", absl::StrJoin(parts, ", "));
}

std::vector<Condition> Conditions(const NamespaceSnapshot& snapshot) {
  std::map<std::string, int> finalizers;
  for (const RemainingContent& content : snapshot.remaining) {
    for (const auto& [finalizer, count] : content.finalizers) finalizers[finalizer] += count;
  }
  const size_t errors = snapshot.errors.size();
  std::vector<Condition> conditions = {
      {"NamespaceDeletionDiscoveryFailure", false, "ResourcesDiscovered", "All resources successfully discovered"},
      {"NamespaceDeletionGroupVersionParsingFailure", false, "ParsedGroupVersions",
       "All legacy kube types successfully parsed"},
      {"NamespaceDeletionContentFailure", false, "ContentDeleted",
       "All content successfully deleted, may be waiting on finalization"},
      {"NamespaceContentRemaining", false, "ContentRemoved", "All content successfully removed"},
      {"NamespaceFinalizersRemaining", false, "ContentHasNoFinalizers", "All content-preserving finalizers finished"}};
  if (errors > 0) {
    conditions[2] = {conditions[2].type, true, "ContentDeletionFailed",
                     absl::StrCat("Failed to delete all resource types, ", errors,
                                  " remaining: ", absl::StrJoin(snapshot.errors, ", "))};
  }
  if (!snapshot.remaining.empty()) {
    conditions[3] = {conditions[3].type, true, "SomeResourcesRemain", ResourcesLeft(snapshot.remaining)};
  }
  if (!finalizers.empty()) {
    conditions[4] = {conditions[4].type, true, "SomeFinalizersRemain", FinalizersLeft(finalizers)};
  }
  return conditions;
}

// Returns whether anything changed.
bool SetCondition(const Condition& wanted, absl::Time now, Namespace* name_space) {
  const std::string status = wanted.failed ? "True" : "False";
  auto* conditions = name_space->mutable_status()->mutable_conditions();
  auto found = std::find_if(conditions->begin(), conditions->end(),
                            [&wanted](const NamespaceCondition& c) { return c.type() == wanted.type; });
  NamespaceCondition* condition = found == conditions->end() ? conditions->Add() : &*found;
  if (condition->status() == status && condition->reason() == wanted.reason && condition->message() == wanted.message) {
    return false;
  }
  if (condition->status() != status) *condition->mutable_lasttransitiontime() = api::MakeTime(now);
  condition->set_type(wanted.type);
  condition->set_status(status);
  condition->set_reason(wanted.reason);
  condition->set_message(wanted.message);
  return true;
}

}  // namespace

NamespacePlan PlanNamespace(const NamespaceSnapshot& snapshot) {
  NamespacePlan plan;
  if (snapshot.remaining.empty() && snapshot.errors.empty()) {
    plan.finalize = true;
    return plan;
  }
  auto copy = std::make_shared<Namespace>(snapshot.name_space);
  bool changed = false;
  for (const Condition& condition : Conditions(snapshot)) changed |= SetCondition(condition, snapshot.now, copy.get());
  if (changed) plan.with_conditions = std::move(copy);
  plan.requeue_after = snapshot.pod_grace > absl::ZeroDuration() ? snapshot.pod_grace / 2 + absl::Seconds(1) : kRetry;
  return plan;
}

std::string NamespacePlan::ToString() const {
  std::string text = finalize ? "finalize" : absl::StrCat("again in ", absl::FormatDuration(requeue_after));
  if (with_conditions == nullptr) return text;
  for (const NamespaceCondition& condition : with_conditions->status().conditions()) {
    absl::StrAppend(&text, "; ", condition.type(), "=", condition.status(), " ", condition.reason(), " ",
                    condition.message());
  }
  return text;
}

std::ostream& operator<<(std::ostream& out, const NamespacePlan& plan) { return out << plan.ToString(); }

}  // namespace kubelite::controllers
