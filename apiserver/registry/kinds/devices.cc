// resource.k8s.io.

#include "apiserver/registry/kinds/columns/kind_columns.h"
#include "apiserver/registry/kinds/defaults/kind_defaults.h"
#include "apiserver/registry/kinds/kinds.h"
#include "k8s/resource/v1.pb.h"

namespace kubelite::apiserver {

std::vector<ResourceDef> DeviceResources() {
  return {
      {.info = &api::ResourceOf<k8s::resource::v1::ResourceClaim>(),
       .set_defaults = DefaultResourceClaim,
       .columns = ResourceClaimColumns()},
      {.info = &api::ResourceOf<k8s::resource::v1::ResourceSlice>(), .columns = ResourceSliceColumns()},
      {.info = &api::ResourceOf<k8s::resource::v1::DeviceClass>(), .columns = {NameColumn(), AgeColumn()}},
      {.info = &api::ResourceOf<k8s::resource::v1::ResourceClaimTemplate>(),
       .set_defaults = DefaultResourceClaimTemplate,
       .columns = {NameColumn(), AgeColumn()}},
  };
}

}  // namespace kubelite::apiserver
