#include <set>

#include "absl/strings/match.h"
#include "apiserver/registry/kinds/validation/admission.h"
#include "apiserver/registry/kinds/validation/fields.h"
#include "apiserver/registry/kinds/validation/kind_rules.h"
#include "common/api/names.h"
#include "k8s/admissionregistration/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::admissionregistration::v1::MatchResources;
using k8s::admissionregistration::v1::ParamRef;
using k8s::admissionregistration::v1::ValidatingAdmissionPolicy;
using k8s::admissionregistration::v1::ValidatingAdmissionPolicyBinding;
using k8s::admissionregistration::v1::Validation;

void ValidateMatch(const MatchResources& match, const FieldAt& at) {
  at.Field("matchPolicy").OneOf(match.matchpolicy(), {"Equivalent", "Exact"});
  ValidateLabelSelector(match.namespaceselector(), at.Field("namespaceSelector").path(), at.errors());
  ValidateLabelSelector(match.objectselector(), at.Field("objectSelector").path(), at.errors());
  for (int i = 0; i < match.resourcerules_size(); ++i) {
    ValidateRuleWithOperations(match.resourcerules(i).rulewithoperations(), at.Field("resourceRules").Item(i));
  }
  for (int i = 0; i < match.excluderesourcerules_size(); ++i) {
    ValidateRuleWithOperations(match.excluderesourcerules(i).rulewithoperations(),
                               at.Field("excludeResourceRules").Item(i));
  }
}

void ValidateOne(const Validation& validation, const FieldAt& at) {
  if (validation.expression().empty()) at.Field("expression").Required("expression is not specified");
  if (absl::StrContains(validation.message(), '\n')) {
    at.Field("message").Invalid(validation.message(), "must not contain line breaks");
  }
  if (absl::StrContains(validation.expression(), '\n') && validation.message().empty()) {
    at.Field("message").Required("must be specified if expression contains line breaks");
  }
  at.Field("reason").OneOf(validation.reason(), {"Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"});
}

void ValidateParamRef(const ParamRef& ref, const FieldAt& at) {
  if (!ref.name().empty() && ref.has_selector()) at.Field("name").Forbidden("name and selector are mutually exclusive");
  if (ref.name().empty() && !ref.has_selector()) at.Required("one of name or selector must be specified");
  if (!ref.has_parameternotfoundaction()) {
    at.Field("parameterNotFoundAction").Required();
  } else {
    at.Field("parameterNotFoundAction").OneOf(ref.parameternotfoundaction(), {"Allow", "Deny"});
  }
}

}  // namespace

void ValidateValidatingPolicy(const Object& object, FieldErrors* errors) {
  const auto& spec = static_cast<const ValidatingAdmissionPolicy&>(object).spec();
  const FieldAt at("spec", errors);
  at.Field("failurePolicy").PresentAndOneOf(spec.failurepolicy(), {"Fail", "Ignore"});
  if (spec.has_paramkind()) {
    at.Field("paramKind.apiVersion").Present(spec.paramkind().apiversion());
    at.Field("paramKind.kind").Present(spec.paramkind().kind());
  }
  if (!spec.has_matchconstraints()) {
    at.Field("matchConstraints").Required();
  } else {
    if (spec.matchconstraints().resourcerules_size() == 0) at.Field("matchConstraints.resourceRules").Required();
    ValidateMatch(spec.matchconstraints(), at.Field("matchConstraints"));
  }
  ValidateMatchConditions(spec.matchconditions(), at.Field("matchConditions"));
  for (int i = 0; i < spec.variables_size(); ++i) {
    at.Field("variables").Item(i).Field("name").Present(spec.variables(i).name());
    at.Field("variables").Item(i).Field("expression").Present(spec.variables(i).expression());
  }
  if (spec.validations_size() == 0 && spec.auditannotations_size() == 0) {
    at.Field("validations").Required("validations or auditAnnotations must contain at least one item");
    at.Field("auditAnnotations").Required("validations or auditAnnotations must contain at least one item");
  }
  for (int i = 0; i < spec.validations_size(); ++i) {
    ValidateOne(spec.validations(i), at.Field("validations").Item(i));
  }
}

void ValidateValidatingPolicyBinding(const Object& object, FieldErrors* errors) {
  const auto& spec = static_cast<const ValidatingAdmissionPolicyBinding&>(object).spec();
  const FieldAt at("spec", errors);
  at.Field("policyName").PresentAndMatches(spec.policyname(), api::ValidateDns1123Subdomain);
  if (spec.has_paramref()) ValidateParamRef(spec.paramref(), at.Field("paramRef"));
  if (spec.has_matchresources()) ValidateMatch(spec.matchresources(), at.Field("matchResources"));
  const FieldAt actions = at.Field("validationActions");
  if (spec.validationactions_size() == 0) actions.Required("at least one validation action is required");
  std::set<std::string> seen;
  for (int i = 0; i < spec.validationactions_size(); ++i) {
    actions.Item(i).OneOf(spec.validationactions(i), {"Audit", "Deny", "Warn"});
    if (!seen.insert(spec.validationactions(i)).second) actions.Item(i).Duplicate(spec.validationactions(i));
  }
  if (seen.contains("Deny") && seen.contains("Warn")) {
    actions.InvalidList(spec.validationactions(),
                        "must not contain both Deny and Warn (repeating the same validation failure information in "
                        "the API response and headers serves no purpose)");
  }
}

}  // namespace kubelite::apiserver
