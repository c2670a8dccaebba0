#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "apiserver/registry/kinds/validation/job.h"
#include "common/api/names.h"
#include "k8s/batch/v1.pb.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::batch::v1::JobSpec;
using k8s::batch::v1::PodFailurePolicyRule;

constexpr int kMaxRules = 20;
constexpr int kMaxExitCodes = 255;
constexpr int kMaxConditions = 20;

void ValidateExitCodes(const PodFailurePolicyRule& rule, const std::set<std::string>& containers, const FieldAt& at) {
  const auto& codes = rule.onexitcodes();
  at.Field("operator").PresentAndOneOf(codes.operator_(), {"In", "NotIn"});
  if (!codes.containername().empty() && !containers.contains(codes.containername())) {
    at.Field("containerName")
        .Invalid(codes.containername(), "must be one of the container or initContainer names in the pod template");
  }
  const FieldAt values = at.Field("values");
  if (codes.values_size() == 0) values.Invalid("", "at least one value is required");
  if (codes.values_size() > kMaxExitCodes) values.TooMany(codes.values_size(), kMaxExitCodes);
  bool ordered = true;
  std::set<int> seen;
  for (int i = 0; i < codes.values_size(); ++i) {
    const int code = codes.values(i);
    if (codes.operator_() == "In" && code == 0) values.Item(i).Invalid(code, "must not be 0 for the In operator");
    if (!seen.insert(code).second) values.Item(i).Duplicate(absl::StrCat(code));
    ordered = ordered && (i == 0 || codes.values(i - 1) <= code);
  }
  if (!ordered) values.Invalid("", "must be ordered");
}

void ValidateConditions(const PodFailurePolicyRule& rule, const FieldAt& at) {
  if (rule.onpodconditions_size() > kMaxConditions) at.TooMany(rule.onpodconditions_size(), kMaxConditions);
  for (int i = 0; i < rule.onpodconditions_size(); ++i) {
    at.Item(i).Field("type").Matches(rule.onpodconditions(i).type(), api::ValidateQualifiedName);
    at.Item(i).Field("status").PresentAndOneOf(rule.onpodconditions(i).status(), {"False", "True", "Unknown"});
  }
}

void ValidateFailurePolicy(const JobSpec& spec, const FieldAt& at) {
  std::set<std::string> containers;
  for (const auto& container : spec.template_().spec().containers()) containers.insert(container.name());
  for (const auto& container : spec.template_().spec().initcontainers()) containers.insert(container.name());
  const auto& rules = spec.podfailurepolicy().rules();
  if (rules.size() > kMaxRules) at.Field("rules").TooMany(rules.size(), kMaxRules);
  for (int i = 0; i < rules.size(); ++i) {
    const FieldAt rule_at = at.Field("rules").Item(i);
    const PodFailurePolicyRule& rule = rules[i];
    rule_at.Field("action").PresentAndOneOf(rule.action(), {"Count", "FailIndex", "FailJob", "Ignore"});
    if (rule.action() == "FailIndex" && !spec.has_backofflimitperindex()) {
      rule_at.Field("action").Invalid(rule.action(), "requires the backoffLimitPerIndex to be set");
    }
    const bool by_conditions = rule.onpodconditions_size() > 0;
    if (rule.has_onexitcodes()) ValidateExitCodes(rule, containers, rule_at.Field("onExitCodes"));
    if (by_conditions) ValidateConditions(rule, rule_at.Field("onPodConditions"));
    if (rule.has_onexitcodes() && by_conditions) {
      rule_at.Invalid(rule, "specifying both OnExitCodes and OnPodConditions is not supported");
    }
    if (!rule.has_onexitcodes() && !by_conditions) {
      rule_at.Invalid(rule, "specifying one of OnExitCodes and OnPodConditions is required");
    }
  }
}

// How many indexes "1,3-5" names, or what is wrong with it.
absl::StatusOr<int64_t> CountIndexes(const std::string& text, int completions) {
  int64_t count = 0;
  int64_t previous = -1;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    const std::vector<std::string> ends = absl::StrSplit(part, '-');
    int64_t from = 0;
    int64_t to = 0;
    if (ends.size() > 2 || !absl::SimpleAtoi(ends.front(), &from) || !absl::SimpleAtoi(ends.back(), &to)) {
      return absl::InvalidArgumentError(
          absl::StrCat("cannot convert string to integer for index: \"", ends.front(), "\""));
    }
    if (from <= previous) {
      return absl::InvalidArgumentError(
          absl::StrCat("non-increasing order, previous: ", previous, ", current: ", from));
    }
    if (ends.size() == 2 && from >= to) {
      return absl::InvalidArgumentError(absl::StrCat("non-increasing order, previous: ", from, ", current: ", to));
    }
    if (to >= completions) return absl::InvalidArgumentError(absl::StrCat("too large index: \"", to, "\""));
    count += to - from + 1;
    previous = to;
  }
  return count;
}

void ValidateSuccessPolicy(const JobSpec& spec, const FieldAt& at) {
  const auto& rules = spec.successpolicy().rules();
  if (rules.empty()) {
    return at.Field("rules").Required("at least one rules must be specified when the successPolicy is specified");
  }
  if (rules.size() > kMaxRules) at.Field("rules").TooMany(rules.size(), kMaxRules);
  for (int i = 0; i < rules.size(); ++i) {
    const FieldAt rule_at = at.Field("rules").Item(i);
    const auto& rule = rules[i];
    if (!rule.has_succeededcount() && !rule.has_succeededindexes()) {
      rule_at.Required("at least one of succeededCount or succeededIndexes must be specified");
    }
    int64_t listed = spec.completions();
    if (rule.has_succeededindexes()) {
      const auto count = CountIndexes(rule.succeededindexes(), spec.completions());
      if (count.ok()) {
        listed = *count;
      } else {
        rule_at.Field("succeededIndexes")
            .Invalid(rule.succeededindexes(),
                     absl::StrCat("error parsing succeededIndexes: ", count.status().message()));
      }
    }
    if (!rule.has_succeededcount()) continue;
    const FieldAt count_at = rule_at.Field("succeededCount");
    count_at.NonNegative(rule.succeededcount());
    if (rule.succeededcount() > spec.completions()) {
      count_at.Invalid(rule.succeededcount(), absl::StrCat("must be less than or equal to ", spec.completions(),
                                                           " (the number of specified completions)"));
    } else if (rule.succeededcount() > listed) {
      count_at.Invalid(rule.succeededcount(), absl::StrCat("must be less than or equal to ", listed,
                                                           " (the number of indexes in the specified "
                                                           "succeededIndexes field)"));
    }
  }
}

}  // namespace

void ValidateJobPolicies(const JobSpec& spec, const FieldAt& at) {
  at.Field("podReplacementPolicy")
      .OneOf(spec.podreplacementpolicy(), spec.has_podfailurepolicy()
                                              ? std::vector<std::string>{"Failed"}
                                              : std::vector<std::string>{"Failed", "TerminatingOrFailed"});
  if (spec.has_podfailurepolicy()) ValidateFailurePolicy(spec, at.Field("podFailurePolicy"));
  if (spec.has_successpolicy() && spec.completionmode() == "Indexed") {
    ValidateSuccessPolicy(spec, at.Field("successPolicy"));
  }
}

}  // namespace kubelite::apiserver
