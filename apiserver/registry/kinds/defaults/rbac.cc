#include "apiserver/registry/kinds/defaults/kind_defaults.h"
#include "k8s/rbac/v1.pb.h"

namespace kubelite::apiserver {
namespace {

constexpr char kGroup[] = "rbac.authorization.k8s.io";

template <typename T>
void DefaultBinding(T* binding) {
  if (binding->roleref().apigroup().empty()) binding->mutable_roleref()->set_apigroup(kGroup);
  for (auto& subject : *binding->mutable_subjects()) {
    const bool identity = subject.kind() == "User" || subject.kind() == "Group";
    if (identity && subject.apigroup().empty()) subject.set_apigroup(kGroup);
  }
}

}  // namespace

void DefaultRoleBinding(api::Object* object) { DefaultBinding(static_cast<k8s::rbac::v1::RoleBinding*>(object)); }

void DefaultClusterRoleBinding(api::Object* object) {
  DefaultBinding(static_cast<k8s::rbac::v1::ClusterRoleBinding*>(object));
}

}  // namespace kubelite::apiserver
