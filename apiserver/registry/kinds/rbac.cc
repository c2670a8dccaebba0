// RoleBinding, ClusterRoleBinding, CertificateSigningRequest.

#include "apiserver/registry/kinds/columns/kind_columns.h"
#include "apiserver/registry/kinds/defaults/kind_defaults.h"
#include "apiserver/registry/kinds/kinds.h"
#include "k8s/certificates/v1.pb.h"
#include "k8s/rbac/v1.pb.h"

namespace kubelite::apiserver {

std::vector<ResourceDef> RbacResources() {
  return {
      {.info = &api::ResourceOf<k8s::rbac::v1::RoleBinding>(),
       .set_defaults = DefaultRoleBinding,
       .columns = RoleBindingColumns()},
      {.info = &api::ResourceOf<k8s::rbac::v1::ClusterRoleBinding>(),
       .set_defaults = DefaultClusterRoleBinding,
       .columns = ClusterRoleBindingColumns()},
      {.info = &api::ResourceOf<k8s::certificates::v1::CertificateSigningRequest>(),
       .columns = CertificateRequestColumns()},
  };
}

}  // namespace kubelite::apiserver
