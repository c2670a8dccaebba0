#include "apiserver/registry/kinds/defaults/kind_defaults.h"
#include "k8s/core/v1.pb.h"
#include "k8s/storage/v1.pb.h"

namespace kubelite::apiserver {

using k8s::core::v1::PersistentVolume;
using k8s::core::v1::PersistentVolumeClaim;
using k8s::storage::v1::CSIDriver;
using k8s::storage::v1::StorageClass;

void DefaultPersistentVolume(api::Object* object) {
  auto* volume = static_cast<PersistentVolume*>(object);
  if (volume->status().phase().empty()) volume->mutable_status()->set_phase("Pending");
  auto* spec = volume->mutable_spec();
  if (spec->persistentvolumereclaimpolicy().empty()) spec->set_persistentvolumereclaimpolicy("Retain");
  if (!spec->has_volumemode()) spec->set_volumemode("Filesystem");
  auto* source = spec->mutable_persistentvolumesource();
  if (source->has_hostpath() && !source->hostpath().has_type()) source->mutable_hostpath()->set_type("");
}

void DefaultPersistentVolumeClaim(api::Object* object) {
  auto* claim = static_cast<PersistentVolumeClaim*>(object);
  if (claim->status().phase().empty()) claim->mutable_status()->set_phase("Pending");
  if (!claim->spec().has_volumemode()) claim->mutable_spec()->set_volumemode("Filesystem");
}

void DefaultStorageClass(api::Object* object) {
  auto* storage_class = static_cast<StorageClass*>(object);
  if (!storage_class->has_reclaimpolicy()) storage_class->set_reclaimpolicy("Delete");
  if (!storage_class->has_volumebindingmode()) storage_class->set_volumebindingmode("Immediate");
}

void DefaultCsiDriver(api::Object* object) {
  auto* spec = static_cast<CSIDriver*>(object)->mutable_spec();
  if (!spec->has_attachrequired()) spec->set_attachrequired(true);
  if (!spec->has_podinfoonmount()) spec->set_podinfoonmount(false);
  if (!spec->has_storagecapacity()) spec->set_storagecapacity(false);
  if (!spec->has_fsgrouppolicy()) spec->set_fsgrouppolicy("ReadWriteOnceWithFSType");
  if (spec->volumelifecyclemodes_size() == 0) spec->add_volumelifecyclemodes("Persistent");
  if (!spec->has_requiresrepublish()) spec->set_requiresrepublish(false);
  if (!spec->has_selinuxmount()) spec->set_selinuxmount(false);
}

}  // namespace kubelite::apiserver
