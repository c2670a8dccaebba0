// ResourceQuota, LimitRange.

#include <set>

#include "absl/strings/match.h"
#include "apiserver/registry/kinds/validation/field_at.h"
#include "apiserver/registry/kinds/validation/formats.h"
#include "apiserver/registry/kinds/validation/kind_rules.h"
#include "common/api/names.h"
#include "common/api/quantity.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using api::Quantity;
using k8s::core::v1::LimitRange;
using k8s::core::v1::LimitRangeItem;
using k8s::core::v1::ResourceQuota;
using k8s::core::v1::ResourceQuotaSpec;
using Amounts = google::protobuf::Map<std::string, k8s::apimachinery::resource::Quantity>;

const std::vector<std::string>& Scopes() {
  static const auto& scopes = *new std::vector<std::string>{
      "BestEffort",  "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass",
      "Terminating", "VolumeAttributesClass"};
  return scopes;
}

// Counted, so whole numbers.
bool Countable(const std::string& resource) {
  for (const char* counted : {"pods", "resourcequotas", "services", "replicationcontrollers", "secrets",
                              "persistentvolumeclaims", "configmaps", "services.nodeports", "services.loadbalancers"}) {
    if (resource == counted) return true;
  }
  return absl::StartsWith(resource, "count/");
}

void ValidateHard(const Amounts& hard, const FieldAt& at) {
  for (const std::string& name : SortedKeys(hard)) {
    const Quantity amount = Quantity::From(hard.at(name));
    at.Key(name).Matches(name, ValidateQuotaResource);
    if (amount.Sign() < 0) at.Key(name).Invalid(amount.ToString(), "must be greater than or equal to 0");
    if (Countable(name) && amount.MilliValue() % 1000 != 0)
      at.Key(name).Invalid(amount.ToString(), "must be an integer");
  }
}

void ValidateScopes(const ResourceQuotaSpec& spec, const FieldAt& at) {
  std::set<std::string> given(spec.scopes().begin(), spec.scopes().end());
  for (const std::string& scope : spec.scopes()) {
    if (std::find(Scopes().begin(), Scopes().end(), scope) == Scopes().end()) {
      at.InvalidList(spec.scopes(), "unsupported scope");
    }
  }
  for (const auto& [one, other] :
       {std::pair("BestEffort", "NotBestEffort"), std::pair("Terminating", "NotTerminating")}) {
    if (given.contains(one) && given.contains(other)) at.InvalidList(spec.scopes(), "conflicting scopes");
  }
}

void ValidateScopeSelector(const ResourceQuotaSpec& spec, const FieldAt& at) {
  const auto& expressions = spec.scopeselector().matchexpressions();
  for (int i = 0; i < expressions.size(); ++i) {
    const auto& expression = expressions[i];
    const FieldAt expression_at = at.Item(i);
    if (std::find(Scopes().begin(), Scopes().end(), expression.scopename()) == Scopes().end()) {
      expression_at.Field("scopeName").Invalid(expression.scopename(), "unsupported scope");
    }
    const std::string& op = expression.operator_();
    const FieldAt operator_at = expression_at.Field("operator");
    const FieldAt values = expression_at.Field("values");
    if (op == "In" || op == "NotIn") {
      if (expression.values_size() == 0) {
        values.Required("must be at least one value when `operator` is 'In' or 'NotIn' for scope selector");
      }
    } else if (op == "Exists" || op == "DoesNotExist") {
      if (expression.values_size() > 0) {
        values.InvalidList(expression.values(),
                           "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector");
      }
    } else {
      operator_at.Invalid(op, "not a valid selector operator");
    }
    const bool valued = expression.scopename() == "PriorityClass" || expression.scopename() == "VolumeAttributesClass";
    if (!valued && op != "Exists") {
      operator_at.Invalid(op,
                          "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, "
                          "ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, "
                          "ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity");
    }
  }
}

// The amount of one resource in one of the lists of a limit; null when it has none.
struct Limit {
  explicit Limit(const Amounts& amounts, const std::string& name) {
    const auto found = amounts.find(name);
    if (found != amounts.end()) value = Quantity::From(found->second);
  }
  std::optional<Quantity> value;
};

// Reports at `at` when a > b, both given.
void RequireOrder(const Limit& a, const char* a_name, const Limit& b, const char* b_name, const Quantity& shown,
                  const FieldAt& at) {
  if (!a.value.has_value() || !b.value.has_value() || !(*a.value > *b.value)) return;
  at.Invalid(shown.ToString(), absl::StrCat(a_name, " value ", a.value->ToString(), " is greater than ", b_name,
                                            " value ", b.value->ToString()));
}

void ValidateRatio(const Limit& ratio, const Limit& min, const Limit& max, const FieldAt& at) {
  if (!ratio.value.has_value()) return;
  if (ratio.value->MilliValue() < 1000) {
    at.Invalid(ratio.value->ToString(), absl::StrCat("ratio ", ratio.value->ToString(), " is less than 1"));
  }
  if (!min.value.has_value() || !max.value.has_value() || min.value->IsZero()) return;
  const double most = static_cast<double>(max.value->MilliValue()) / static_cast<double>(min.value->MilliValue());
  if (static_cast<double>(ratio.value->MilliValue()) / 1000 > most) {
    char text[32];
    snprintf(text, sizeof(text), "%f", most);
    at.Invalid(ratio.value->ToString(),
               absl::StrCat("ratio ", ratio.value->ToString(), " is greater than max/min = ", text));
  }
}

void ValidateLimit(const LimitRangeItem& item, const FieldAt& at) {
  std::set<std::string> names;
  for (const Amounts* amounts :
       {&item.max(), &item.min(), &item.default_(), &item.defaultrequest(), &item.maxlimitrequestratio()}) {
    for (const std::string& name : SortedKeys(*amounts)) names.insert(name);
  }
  for (const std::string& name : names) {
    const Limit min(item.min(), name), max(item.max(), name), limit(item.default_(), name);
    const Limit request(item.defaultrequest(), name), ratio(item.maxlimitrequestratio(), name);
    const auto shown = [](const Limit& l) { return l.value.value_or(Quantity()); };
    const FieldAt request_at = at.Field("defaultRequest").Key(name);
    const FieldAt default_at = at.Field("default").Key(name);
    RequireOrder(min, "min", max, "max", shown(min), at.Field("min").Key(name));
    RequireOrder(min, "min", request, "default request", shown(request), request_at);
    RequireOrder(request, "default request", max, "max", shown(request), request_at);
    RequireOrder(request, "default request", limit, "default limit", shown(request), request_at);
    RequireOrder(min, "min", limit, "default", shown(min), default_at);
    RequireOrder(limit, "default", max, "max", shown(limit), default_at);
    ValidateRatio(ratio, min, max, at.Field("maxLimitRequestRatio").Key(name));
  }
}

}  // namespace

void ValidateResourceQuota(const Object& object, FieldErrors* errors) {
  const auto& spec = static_cast<const ResourceQuota&>(object).spec();
  const FieldAt at("spec", errors);
  ValidateHard(spec.hard(), at.Field("hard"));
  ValidateScopes(spec, at.Field("scopes"));
  ValidateScopeSelector(spec, at.Field("scopeSelector.matchExpressions"));
}

void ValidateResourceQuotaUpdate(const Object& object, const Object& old, FieldErrors* errors) {
  const auto& spec = static_cast<const ResourceQuota&>(object).spec();
  const auto& before = static_cast<const ResourceQuota&>(old).spec();
  const std::set<std::string> now(spec.scopes().begin(), spec.scopes().end());
  if (now != std::set<std::string>(before.scopes().begin(), before.scopes().end())) {
    FieldAt("spec.scopes", errors).InvalidList(spec.scopes(), "field is immutable");
  }
}

void ValidateLimitRange(const Object& object, FieldErrors* errors) {
  const auto& limits = static_cast<const LimitRange&>(object).spec().limits();
  std::set<std::string> types;
  for (int i = 0; i < limits.size(); ++i) {
    const LimitRangeItem& item = limits[i];
    const FieldAt at = FieldAt("spec.limits", errors).Item(i);
    const bool standard = item.type() == "Pod" || item.type() == "Container" || item.type() == "PersistentVolumeClaim";
    if (!standard && at.Field("type").Matches(item.type(), api::ValidateQualifiedName) &&
        !absl::StrContains(item.type(), '/')) {
      at.Field("type").Invalid(item.type(), "must be a standard limit type or fully qualified");
    }
    if (!types.insert(item.type()).second) at.Field("type").Duplicate(item.type());
    if (item.type() == "Pod" && !item.default_().empty()) {
      at.Field("default").Forbidden("may not be specified when `type` is 'Pod'");
    }
    if (item.type() == "Pod" && !item.defaultrequest().empty()) {
      at.Field("defaultRequest").Forbidden("may not be specified when `type` is 'Pod'");
    }
    if (item.type() == "PersistentVolumeClaim" && !item.min().contains("storage") && !item.max().contains("storage")) {
      at.Field("limits").Required("either minimum or maximum storage value is required, but neither was provided");
    }
    ValidateLimit(item, at);
  }
}

}  // namespace kubelite::apiserver
