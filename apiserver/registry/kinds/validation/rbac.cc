#include "apiserver/registry/kinds/validation/field_at.h"
#include "apiserver/registry/kinds/validation/fields.h"
#include "apiserver/registry/kinds/validation/kind_rules.h"
#include "common/api/names.h"
#include "k8s/rbac/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::rbac::v1::ClusterRole;
using k8s::rbac::v1::ClusterRoleBinding;
using k8s::rbac::v1::PolicyRule;
using k8s::rbac::v1::Role;
using k8s::rbac::v1::RoleBinding;
using k8s::rbac::v1::Subject;

constexpr char kGroup[] = "rbac.authorization.k8s.io";

void ValidateRule(const PolicyRule& rule, bool namespaced, const FieldAt& at) {
  if (rule.verbs_size() == 0) at.Field("verbs").Required("verbs must contain at least one value");
  if (rule.nonresourceurls_size() > 0) {
    const FieldAt urls = at.Field("nonResourceURLs");
    if (namespaced) {
      urls.InvalidList(rule.nonresourceurls(), "namespaced rules cannot apply to non-resource URLs");
    }
    if (rule.apigroups_size() + rule.resources_size() + rule.resourcenames_size() > 0) {
      urls.InvalidList(rule.nonresourceurls(), "rules cannot apply to both regular resources and non-resource URLs");
    }
    return;
  }
  if (rule.apigroups_size() == 0) at.Field("apiGroups").Required("resource rules must supply at least one api group");
  if (rule.resources_size() == 0) at.Field("resources").Required("resource rules must supply at least one resource");
}

template <typename T>
void ValidateRules(const T& role, bool namespaced, FieldErrors* errors) {
  for (int i = 0; i < role.rules_size(); ++i) {
    ValidateRule(role.rules(i), namespaced, FieldAt("rules", errors).Item(i));
  }
}

void ValidateSubject(const Subject& subject, bool namespaced, const FieldAt& at) {
  if (subject.name().empty()) at.Field("name").Required();
  if (subject.kind() == "ServiceAccount") {
    if (!subject.name().empty()) at.Field("name").Matches(subject.name(), api::ValidateDns1123Subdomain);
    if (!subject.apigroup().empty()) at.Field("apiGroup").NotSupported(subject.apigroup(), {""});
    if (!namespaced && subject.namespace_().empty()) at.Field("namespace").Required();
  } else if (subject.kind() == "User" || subject.kind() == "Group") {
    if (subject.apigroup() != kGroup) at.Field("apiGroup").NotSupported(subject.apigroup(), {kGroup});
  } else {
    at.Field("kind").NotSupported(subject.kind(), {"ServiceAccount", "User", "Group"});
  }
}

template <typename T>
void ValidateBinding(const T& binding, const std::vector<std::string>& kinds, FieldErrors* errors) {
  const FieldAt role("roleRef", errors);
  if (binding.roleref().apigroup() != kGroup)
    role.Field("apiGroup").NotSupported(binding.roleref().apigroup(), {kGroup});
  if (std::find(kinds.begin(), kinds.end(), binding.roleref().kind()) == kinds.end()) {
    role.Field("kind").NotSupported(binding.roleref().kind(), kinds);
  }
  role.Field("name").PresentAndMatches(binding.roleref().name(), api::ValidatePathSegmentName);
  const bool namespaced = std::is_same_v<T, RoleBinding>;
  for (int i = 0; i < binding.subjects_size(); ++i) {
    ValidateSubject(binding.subjects(i), namespaced, FieldAt("subjects", errors).Item(i));
  }
}

template <typename T>
void RoleIsKept(const Object& object, const Object& old, FieldErrors* errors) {
  const auto& role = static_cast<const T&>(object).roleref();
  if (!SameMessage(role, static_cast<const T&>(old).roleref())) {
    FieldAt("roleRef", errors).Invalid(role, "cannot change roleRef");
  }
}

}  // namespace

void ValidateRole(const Object& object, FieldErrors* errors) {
  ValidateRules(static_cast<const Role&>(object), true, errors);
}

void ValidateClusterRole(const Object& object, FieldErrors* errors) {
  const auto& role = static_cast<const ClusterRole&>(object);
  ValidateRules(role, false, errors);
  if (!role.has_aggregationrule()) return;
  const FieldAt at("aggregationRule.clusterRoleSelectors", errors);
  if (role.aggregationrule().clusterroleselectors_size() == 0) {
    at.Required("at least one clusterRoleSelector required if aggregationRule is non-nil");
  }
  for (int i = 0; i < role.aggregationrule().clusterroleselectors_size(); ++i) {
    ValidateLabelSelector(role.aggregationrule().clusterroleselectors(i), at.Item(i).path(), errors);
  }
}

void ValidateRoleBinding(const Object& object, FieldErrors* errors) {
  ValidateBinding(static_cast<const RoleBinding&>(object), {"Role", "ClusterRole"}, errors);
}

void ValidateRoleBindingUpdate(const Object& object, const Object& old, FieldErrors* errors) {
  RoleIsKept<RoleBinding>(object, old, errors);
}

void ValidateClusterRoleBinding(const Object& object, FieldErrors* errors) {
  ValidateBinding(static_cast<const ClusterRoleBinding&>(object), {"ClusterRole"}, errors);
}

void ValidateClusterRoleBindingUpdate(const Object& object, const Object& old, FieldErrors* errors) {
  RoleIsKept<ClusterRoleBinding>(object, old, errors);
}

}  // namespace kubelite::apiserver
