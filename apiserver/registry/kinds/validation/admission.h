#pragma once

#include "apiserver/registry/kinds/validation/field_at.h"
#include "google/protobuf/repeated_ptr_field.h"

namespace k8s::admissionregistration::v1 {
class MatchCondition;
class RuleWithOperations;
}  // namespace k8s::admissionregistration::v1

namespace kubelite::apiserver {

// Rules that webhooks and admission policies share. Expressions are only checked to be there.
void ValidateRuleWithOperations(const k8s::admissionregistration::v1::RuleWithOperations& rule, const FieldAt& at);
void ValidateMatchConditions(
    const google::protobuf::RepeatedPtrField<k8s::admissionregistration::v1::MatchCondition>& conditions,
    const FieldAt& at);

}  // namespace kubelite::apiserver
