// PersistentVolume, PersistentVolumeClaim and storage.k8s.io.

#include "apiserver/registry/kinds/columns/kind_columns.h"
#include "apiserver/registry/kinds/defaults/kind_defaults.h"
#include "apiserver/registry/kinds/kinds.h"
#include "apiserver/registry/kinds/validation/field_at.h"
#include "apiserver/registry/kinds/validation/formats.h"
#include "apiserver/registry/kinds/validation/kind_rules.h"
#include "common/api/time.h"
#include "k8s/core/v1.pb.h"
#include "k8s/storage/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::core::v1::PersistentVolume;
using k8s::core::v1::PersistentVolumeClaim;

void StartPhase(api::Object* object, const WriteContext& context) {
  api::ToProto(context.now,
               static_cast<PersistentVolume*>(object)->mutable_status()->mutable_lastphasetransitiontime());
}

// Whoever changes the phase may say when; otherwise it was now.
void NotePhase(api::Object* object, const api::Object& old, const WriteContext& context) {
  auto* status = static_cast<PersistentVolume*>(object)->mutable_status();
  const auto& before = static_cast<const PersistentVolume&>(old).status();
  if (status->phase() == before.phase()) return;
  const bool told = status->has_lastphasetransitiontime() &&
                    (!before.has_lastphasetransitiontime() || api::FromProto(status->lastphasetransitiontime()) >
                                                                  api::FromProto(before.lastphasetransitiontime()));
  if (!told) api::ToProto(context.now, status->mutable_lastphasetransitiontime());
}

// dataSource and dataSourceRef say the same; clients may set either.
void MirrorDataSource(api::Object* object, const WriteContext&) {
  auto* spec = static_cast<PersistentVolumeClaim*>(object)->mutable_spec();
  const auto copy = [](const auto& from, auto* to) {
    if (from.has_apigroup()) to->set_apigroup(from.apigroup());
    to->set_kind(from.kind());
    to->set_name(from.name());
  };
  if (spec->has_datasource() && !spec->has_datasourceref()) {
    copy(spec->datasource(), spec->mutable_datasourceref());
  } else if (spec->has_datasourceref() && !spec->has_datasource() && !spec->datasourceref().has_namespace_()) {
    copy(spec->datasourceref(), spec->mutable_datasource());
  }
}

}  // namespace

std::vector<ResourceDef> StorageResources() {
  return {
      {.info = &api::ResourceOf<PersistentVolume>(),
       .set_defaults = DefaultPersistentVolume,
       .prepare_create = StartPhase,
       .prepare_status_update = NotePhase,
       .validate = ValidatePersistentVolume,
       .validate_update = ValidatePersistentVolumeUpdate,
       .columns = PersistentVolumeColumns()},
      {.info = &api::ResourceOf<PersistentVolumeClaim>(),
       .set_defaults = DefaultPersistentVolumeClaim,
       .prepare_create = MirrorDataSource,
       .validate = ValidatePersistentVolumeClaim,
       .validate_update = ValidatePersistentVolumeClaimUpdate,
       .columns = PersistentVolumeClaimColumns()},
      {.info = &api::ResourceOf<k8s::storage::v1::StorageClass>(),
       .set_defaults = DefaultStorageClass,
       .validate = ValidateStorageClass,
       .validate_update = ValidateStorageClassUpdate,
       .columns = StorageClassColumns()},
      {.info = &api::ResourceOf<k8s::storage::v1::VolumeAttachment>(),
       .validate = ValidateVolumeAttachment,
       .validate_update = ValidateVolumeAttachmentUpdate,
       .columns = VolumeAttachmentColumns()},
      {.info = &api::ResourceOf<k8s::storage::v1::VolumeAttributesClass>(),
       .validate = ValidateVolumeAttributesClass,
       .validate_update = ValidateVolumeAttributesClassUpdate,
       .columns = VolumeAttributesClassColumns()},
      {.info = &api::ResourceOf<k8s::storage::v1::CSIDriver>(),
       .set_defaults = DefaultCsiDriver,
       .validate = ValidateCsiDriver,
       .validate_update = ValidateCsiDriverUpdate,
       .validate_name = ValidateCsiDriverName,
       .columns = CsiDriverColumns()},
      {.info = &api::ResourceOf<k8s::storage::v1::CSINode>(), .validate = ValidateCsiNode, .columns = CsiNodeColumns()},
      {.info = &api::ResourceOf<k8s::storage::v1::CSIStorageCapacity>(),
       .validate = ValidateCsiStorageCapacity,
       .validate_update = ValidateCsiStorageCapacityUpdate},
  };
}

}  // namespace kubelite::apiserver
