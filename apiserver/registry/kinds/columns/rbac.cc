#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "apiserver/registry/kinds/columns/kind_columns.h"
#include "common/api/time.h"
#include "k8s/certificates/v1.pb.h"
#include "k8s/rbac/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using Csr = k8s::certificates::v1::CertificateSigningRequest;

template <typename T>
std::string RoleText(const T& binding) {
  return absl::StrCat(binding.roleref().kind(), "/", binding.roleref().name());
}

template <typename T>
std::string Subjects(const T& binding, absl::string_view kind) {
  std::vector<std::string> names;
  for (const auto& subject : binding.subjects()) {
    if (absl::string_view(subject.kind()) != kind) continue;
    names.push_back(kind == "ServiceAccount" ? absl::StrCat(subject.namespace_(), "/", subject.name())
                                             : subject.name());
  }
  return absl::StrJoin(names, ", ");
}

template <typename T>
Columns BindingColumns() {
  return {NameColumn(),
          Text<T>("Role", RoleText<T>),
          AgeColumn(),
          Wide<T>("Users", [](const T& b) { return Subjects(b, "User"); }),
          Wide<T>("Groups", [](const T& b) { return Subjects(b, "Group"); }),
          Wide<T>("ServiceAccounts", [](const T& b) { return Subjects(b, "ServiceAccount"); })};
}

bool HasCondition(const Csr& request, absl::string_view type) {
  for (const auto& condition : request.status().conditions()) {
    if (absl::string_view(condition.type()) == type) return true;
  }
  return false;
}

std::string ConditionText(const Csr& request) {
  std::string text = HasCondition(request, "Denied")     ? "Denied"
                     : HasCondition(request, "Approved") ? "Approved"
                                                         : "Pending";
  if (HasCondition(request, "Failed")) text += ",Failed";
  if (!request.status().certificate().empty()) text += ",Issued";
  return text;
}

}  // namespace

Columns RoleBindingColumns() { return BindingColumns<k8s::rbac::v1::RoleBinding>(); }
Columns ClusterRoleBindingColumns() { return BindingColumns<k8s::rbac::v1::ClusterRoleBinding>(); }

Columns CertificateRequestColumns() {
  return {NameColumn(),
          AgeColumn(),
          Text<Csr>("SignerName", [](const Csr& r) { return OrNone(r.spec().signername()); }),
          Text<Csr>("Requestor", [](const Csr& r) { return r.spec().username(); }),
          Text<Csr>("RequestedDuration",
                    [](const Csr& r) {
                      return r.spec().has_expirationseconds()
                                 ? api::FormatAgeOf(absl::Seconds(r.spec().expirationseconds()))
                                 : "<none>";
                    }),
          Text<Csr>("Condition", ConditionText)};
}

}  // namespace kubelite::apiserver
