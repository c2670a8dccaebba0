// PersistentVolume, PersistentVolumeClaim and storage.k8s.io.

#include "apiserver/registry/kinds/columns/kind_columns.h"
#include "apiserver/registry/kinds/defaults/kind_defaults.h"
#include "apiserver/registry/kinds/kinds.h"
#include "k8s/core/v1.pb.h"
#include "k8s/storage/v1.pb.h"

namespace kubelite::apiserver {

std::vector<ResourceDef> StorageResources() {
  return {
      {.info = &api::ResourceOf<k8s::core::v1::PersistentVolume>(),
       .set_defaults = DefaultPersistentVolume,
       .columns = PersistentVolumeColumns()},
      {.info = &api::ResourceOf<k8s::core::v1::PersistentVolumeClaim>(),
       .set_defaults = DefaultPersistentVolumeClaim,
       .columns = PersistentVolumeClaimColumns()},
      {.info = &api::ResourceOf<k8s::storage::v1::StorageClass>(),
       .set_defaults = DefaultStorageClass,
       .columns = StorageClassColumns()},
      {.info = &api::ResourceOf<k8s::storage::v1::VolumeAttachment>(), .columns = VolumeAttachmentColumns()},
      {.info = &api::ResourceOf<k8s::storage::v1::VolumeAttributesClass>(), .columns = VolumeAttributesClassColumns()},
      {.info = &api::ResourceOf<k8s::storage::v1::CSIDriver>(),
       .set_defaults = DefaultCsiDriver,
       .columns = CsiDriverColumns()},
      {.info = &api::ResourceOf<k8s::storage::v1::CSINode>(), .columns = CsiNodeColumns()},
  };
}

}  // namespace kubelite::apiserver
