#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "apiserver/registry/kinds/columns/kind_columns.h"
#include "common/api/quantity.h"
#include "k8s/core/v1.pb.h"
#include "k8s/storage/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::core::v1::PersistentVolume;
using k8s::core::v1::PersistentVolumeClaim;
using k8s::storage::v1::CSIDriver;
using k8s::storage::v1::CSINode;
using k8s::storage::v1::StorageClass;
using k8s::storage::v1::VolumeAttachment;
using k8s::storage::v1::VolumeAttributesClass;

constexpr char kClassAnnotation[] = "volume.beta.kubernetes.io/storage-class";

std::string ModesText(const google::protobuf::RepeatedPtrField<std::string>& modes) {
  static constexpr std::pair<const char*, const char*> kNames[] = {
      {"ReadWriteOnce", "RWO"}, {"ReadOnlyMany", "ROX"}, {"ReadWriteMany", "RWX"}, {"ReadWriteOncePod", "RWOP"}};
  const std::set<std::string> given(modes.begin(), modes.end());
  std::vector<std::string> texts;
  for (const auto& [mode, text] : kNames) {
    if (given.contains(mode)) texts.push_back(text);
  }
  return absl::StrJoin(texts, ",");
}

template <typename Map>
std::string StorageText(const Map& amounts) {
  const auto storage = amounts.find("storage");
  return storage == amounts.end() ? "0" : api::Quantity::From(storage->second).ToString();
}

template <typename T>
std::string PhaseText(const T& object) {
  return object.metadata().has_deletiontimestamp() ? "Terminating" : object.status().phase();
}

template <typename T>
std::string ClassText(const T& object) {
  const auto annotated = object.metadata().annotations().find(kClassAnnotation);
  return annotated == object.metadata().annotations().end() ? object.spec().storageclassname() : annotated->second;
}

template <typename T>
std::string AttributesClassText(const T& object) {
  return OrUnset(object.spec().volumeattributesclassname());
}

template <typename T>
std::string VolumeModeText(const T& object) {
  return OrUnset(object.spec().volumemode());
}

std::string ClaimText(const PersistentVolume& volume) {
  if (!volume.spec().has_claimref()) return "";
  return absl::StrCat(volume.spec().claimref().namespace_(), "/", volume.spec().claimref().name());
}

TableColumn StorageClassName() {
  TableColumn column = NameColumn();
  column.cell = [](const api::Object& object, absl::Time) {
    for (const char* key :
         {"storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"}) {
      if (api::GetAnnotation(object, key) == "true") return absl::StrCat(api::Meta(object).name(), " (default)");
    }
    return api::Meta(object).name();
  };
  return column;
}

std::string Audiences(const CSIDriver& driver) {
  std::vector<std::string> audiences;
  for (const auto& request : driver.spec().tokenrequests()) audiences.push_back(request.audience());
  return audiences.empty() ? "<unset>" : absl::StrJoin(audiences, ",");
}

}  // namespace

Columns PersistentVolumeColumns() {
  using Volume = PersistentVolume;
  return {NameColumn(),
          Text<Volume>("Capacity", [](const Volume& v) { return StorageText(v.spec().capacity()); }),
          Text<Volume>("Access Modes", [](const Volume& v) { return ModesText(v.spec().accessmodes()); }),
          Text<Volume>("Reclaim Policy", [](const Volume& v) { return v.spec().persistentvolumereclaimpolicy(); }),
          Text<Volume>("Status", PhaseText<Volume>),
          Text<Volume>("Claim", ClaimText),
          Text<Volume>("StorageClass", ClassText<Volume>),
          Text<Volume>("VolumeAttributesClass", AttributesClassText<Volume>),
          Text<Volume>("Reason", [](const Volume& v) { return v.status().reason(); }),
          AgeColumn(),
          Wide<Volume>("VolumeMode", VolumeModeText<Volume>)};
}

Columns PersistentVolumeClaimColumns() {
  using Claim = PersistentVolumeClaim;
  return {NameColumn(),
          Text<Claim>("Status", PhaseText<Claim>),
          Text<Claim>("Volume", [](const Claim& c) { return c.spec().volumename(); }),
          Text<Claim>(
              "Capacity",
              [](const Claim& c) { return c.spec().volumename().empty() ? "" : StorageText(c.status().capacity()); }),
          Text<Claim>(
              "Access Modes",
              [](const Claim& c) { return c.spec().volumename().empty() ? "" : ModesText(c.status().accessmodes()); }),
          Text<Claim>("StorageClass", ClassText<Claim>),
          Text<Claim>("VolumeAttributesClass", AttributesClassText<Claim>),
          AgeColumn(),
          Wide<Claim>("VolumeMode", VolumeModeText<Claim>)};
}

Columns StorageClassColumns() {
  using Class = StorageClass;
  return {
      StorageClassName(),
      Text<Class>("Provisioner", [](const Class& c) { return c.provisioner(); }),
      Text<Class>("ReclaimPolicy", [](const Class& c) { return c.has_reclaimpolicy() ? c.reclaimpolicy() : "Delete"; }),
      Text<Class>("VolumeBindingMode",
                  [](const Class& c) { return c.has_volumebindingmode() ? c.volumebindingmode() : "Immediate"; }),
      Truth<Class>("AllowVolumeExpansion", [](const Class& c) { return c.allowvolumeexpansion(); }),
      AgeColumn()};
}

Columns VolumeAttachmentColumns() {
  using Attachment = VolumeAttachment;
  TableColumn attacher = Text<Attachment>("Attacher", [](const Attachment& a) { return a.spec().attacher(); });
  attacher.format = "name";
  return {NameColumn(),
          std::move(attacher),
          Text<Attachment>("PV", [](const Attachment& a) { return a.spec().source().persistentvolumename(); }),
          Text<Attachment>("Node", [](const Attachment& a) { return a.spec().nodename(); }),
          Truth<Attachment>("Attached", [](const Attachment& a) { return a.status().attached(); }),
          AgeColumn()};
}

Columns VolumeAttributesClassColumns() {
  using Class = VolumeAttributesClass;
  return {NameColumn(), Text<Class>("DriverName", [](const Class& c) { return c.drivername(); }), AgeColumn()};
}

Columns CsiDriverColumns() {
  using Driver = CSIDriver;
  return {NameColumn(),
          Truth<Driver>("AttachRequired",
                        [](const Driver& d) { return !d.spec().has_attachrequired() || d.spec().attachrequired(); }),
          Truth<Driver>("PodInfoOnMount", [](const Driver& d) { return d.spec().podinfoonmount(); }),
          Truth<Driver>("StorageCapacity", [](const Driver& d) { return d.spec().storagecapacity(); }),
          Text<Driver>("TokenRequests", Audiences),
          Truth<Driver>("RequiresRepublish", [](const Driver& d) { return d.spec().requiresrepublish(); }),
          Text<Driver>("Modes", [](const Driver& d) { return OrNone(Joined(d.spec().volumelifecyclemodes())); }),
          AgeColumn()};
}

Columns CsiNodeColumns() {
  return {NameColumn(), Number<CSINode>("Drivers", [](const CSINode& n) -> int64_t { return n.spec().drivers_size(); }),
          AgeColumn()};
}

}  // namespace kubelite::apiserver
