// PersistentVolume, PersistentVolumeClaim.

#include <set>

#include "absl/strings/str_join.h"
#include "apiserver/registry/kinds/validation/field_at.h"
#include "apiserver/registry/kinds/validation/fields.h"
#include "apiserver/registry/kinds/validation/formats.h"
#include "apiserver/registry/kinds/validation/kind_rules.h"
#include "common/api/names.h"
#include "common/api/quantity.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::core::v1::PersistentVolume;
using k8s::core::v1::PersistentVolumeClaim;
using k8s::core::v1::PersistentVolumeClaimSpec;
using k8s::core::v1::PersistentVolumeSource;
using k8s::core::v1::PersistentVolumeSpec;
using Modes = google::protobuf::RepeatedPtrField<std::string>;

void ValidateAccessModes(const Modes& modes, absl::string_view missing, const FieldAt& at) {
  if (modes.empty()) at.Required(missing);
  bool alone = false;
  for (const std::string& mode : modes) {
    at.OneOf(mode, {"ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"});
    alone = alone || mode == "ReadWriteOncePod";
  }
  if (alone && modes.size() > 1) at.Forbidden("may not use ReadWriteOncePod with other access modes");
}

void RequirePositive(const k8s::apimachinery::resource::Quantity& amount, const FieldAt& at) {
  const api::Quantity quantity = api::Quantity::From(amount);
  if (quantity.Sign() <= 0) at.Invalid(quantity.ToString(), "must be greater than zero");
}

// Every field of the message is a source; exactly one must be set.
int CountSources(const PersistentVolumeSource& source) {
  std::vector<const google::protobuf::FieldDescriptor*> set;
  source.GetReflection()->ListFields(source, &set);
  return static_cast<int>(set.size());
}

void ValidateSource(const PersistentVolumeSpec& spec, const FieldAt& at) {
  const auto& source = spec.persistentvolumesource();
  const int sources = CountSources(source);
  if (sources == 0) at.Required("must specify a volume type");
  if (sources > 1) at.Forbidden("may not specify more than 1 volume type");
  if (source.has_hostpath()) at.Field("hostPath.path").Present(source.hostpath().path());
  if (source.has_nfs()) {
    at.Field("nfs.server").Present(source.nfs().server());
    at.Field("nfs.path").Present(source.nfs().path());
  }
  if (source.has_local()) {
    at.Field("local.path").Present(source.local().path());
    if (!spec.has_nodeaffinity()) at.Field("nodeAffinity").Required("Local volume requires node affinity");
  }
  if (source.has_csi()) {
    at.Field("csi.driver").PresentAndMatches(source.csi().driver(), ValidateCsiDriverName);
    at.Field("csi.volumeHandle").Present(source.csi().volumehandle());
  }
  if (source.hostpath().path() == "/" && spec.persistentvolumereclaimpolicy() == "Recycle") {
    at.Field("persistentVolumeReclaimPolicy").Forbidden("may not be 'recycle' for a hostPath mount of '/'");
  }
}

void ValidateCapacity(const PersistentVolumeSpec& spec, const FieldAt& at) {
  if (spec.capacity().empty()) return at.Required();
  if (!spec.capacity().contains("storage") || spec.capacity().size() > 1) {
    FieldError error = FieldError::NotSupported(at.path(), "", {"storage"});
    std::vector<std::string> names;
    for (const std::string& name : SortedKeys(spec.capacity())) {
      names.push_back(
          absl::StrCat("\"", name, "\":\"", api::Quantity::From(spec.capacity().at(name)).ToString(), "\""));
    }
    error.value = absl::StrCat("{", absl::StrJoin(names, ","), "}");
    at.errors()->push_back(error);
  }
  for (const std::string& name : SortedKeys(spec.capacity())) RequirePositive(spec.capacity().at(name), at.Key(name));
}

void ValidateDataSource(const PersistentVolumeClaimSpec& spec, const FieldAt& at) {
  if (spec.has_datasource()) {
    const FieldAt source = at.Field("dataSource");
    source.Field("name").Present(spec.datasource().name());
    source.Field("kind").Present(spec.datasource().kind());
    if (spec.datasource().apigroup().empty() && spec.datasource().kind() != "PersistentVolumeClaim") {
      source.Invalid(spec.datasource().kind(), "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
    }
  }
  if (spec.has_datasourceref()) {
    at.Field("dataSourceRef.name").Present(spec.datasourceref().name());
    at.Field("dataSourceRef.kind").Present(spec.datasourceref().kind());
  }
  if (!spec.has_datasource() || !spec.has_datasourceref()) return;
  if (spec.datasource().name() != spec.datasourceref().name() ||
      spec.datasource().kind() != spec.datasourceref().kind()) {
    at.Invalid(spec.datasource(), "must match dataSourceRef");
  }
}

api::Quantity StorageRequest(const PersistentVolumeClaim& claim) {
  const auto found = claim.spec().resources().requests().find("storage");
  return found == claim.spec().resources().requests().end() ? api::Quantity() : api::Quantity::From(found->second);
}

// What may change of a claim, made that of `from`.
void TakeMutable(const PersistentVolumeClaim& from, const PersistentVolumeClaim& before,
                 PersistentVolumeClaimSpec* spec) {
  if (before.spec().volumename().empty() && from.spec().has_volumename()) {
    spec->set_volumename(from.spec().volumename());
  }
  if (!before.spec().has_storageclassname() && from.spec().has_storageclassname()) {
    spec->set_storageclassname(from.spec().storageclassname());
  }
  if (before.status().phase() == "Bound")
    *spec->mutable_resources()->mutable_requests() = from.spec().resources().requests();
  if (from.spec().has_volumeattributesclassname()) {
    spec->set_volumeattributesclassname(from.spec().volumeattributesclassname());
  } else {
    spec->clear_volumeattributesclassname();
  }
  if (from.spec().has_volumemode()) spec->set_volumemode(from.spec().volumemode());
}

}  // namespace

void ValidatePersistentVolume(const Object& object, FieldErrors* errors) {
  const auto& spec = static_cast<const PersistentVolume&>(object).spec();
  const FieldAt at("spec", errors);
  ValidateAccessModes(spec.accessmodes(), "", at.Field("accessModes"));
  ValidateCapacity(spec, at.Field("capacity"));
  at.Field("persistentVolumeReclaimPolicy")
      .OneOf(spec.persistentvolumereclaimpolicy(), {"Delete", "Recycle", "Retain"});
  if (spec.has_nodeaffinity() && !spec.nodeaffinity().has_required()) {
    at.Field("nodeAffinity.required").Required("must specify required node constraints");
  }
  ValidateSource(spec, at);
  if (!spec.storageclassname().empty()) {
    at.Field("storageClassName").Matches(spec.storageclassname(), api::ValidateDns1123Subdomain);
  }
  at.Field("volumeMode").OneOf(spec.volumemode(), {"Block", "Filesystem"});
  if (spec.has_volumeattributesclassname()) {
    const FieldAt attributes = at.Field("volumeAttributesClassName");
    if (spec.volumeattributesclassname().empty()) attributes.Required("an empty string is disallowed");
    if (!spec.persistentvolumesource().has_csi()) {
      attributes.Required("has to be specified when using volumeAttributesClassName");
    }
  }
}

void ValidatePersistentVolumeUpdate(const Object& object, const Object& old, FieldErrors* errors) {
  const auto& spec = static_cast<const PersistentVolume&>(object).spec();
  const auto& before = static_cast<const PersistentVolume&>(old).spec();
  const FieldAt at("spec", errors);
  if (!SameMessage(spec.persistentvolumesource(), before.persistentvolumesource())) {
    at.Field("persistentvolumesource").Forbidden("spec.persistentvolumesource is immutable after creation");
  }
  at.Field("volumeMode").Immutable(spec.volumemode(), before.volumemode());
  if (before.has_nodeaffinity() && !SameMessage(spec.nodeaffinity(), before.nodeaffinity())) {
    at.Field("nodeAffinity")
        .Invalid(spec.nodeaffinity(), "field is immutable, except for updating from beta label to GA");
  }
}

void ValidatePersistentVolumeClaim(const Object& object, FieldErrors* errors) {
  const auto& spec = static_cast<const PersistentVolumeClaim&>(object).spec();
  const FieldAt at("spec", errors);
  ValidateAccessModes(spec.accessmodes(), "at least 1 access mode is required", at.Field("accessModes"));
  if (spec.has_selector()) ValidateLabelSelector(spec.selector(), "spec.selector", errors);
  const FieldAt storage = at.Field("resources").Key("storage");
  const auto request = spec.resources().requests().find("storage");
  if (request == spec.resources().requests().end()) {
    storage.Required();
  } else {
    RequirePositive(request->second, storage);
  }
  if (!spec.storageclassname().empty()) {
    at.Field("storageClassName").Matches(spec.storageclassname(), api::ValidateDns1123Subdomain);
  }
  at.Field("volumeMode").OneOf(spec.volumemode(), {"Block", "Filesystem"});
  ValidateDataSource(spec, at);
}

void ValidatePersistentVolumeClaimUpdate(const Object& object, const Object& old, FieldErrors* errors) {
  const auto& claim = static_cast<const PersistentVolumeClaim&>(object);
  const auto& before = static_cast<const PersistentVolumeClaim&>(old);
  PersistentVolumeClaimSpec allowed = before.spec();
  TakeMutable(claim, before, &allowed);
  const FieldAt at("spec", errors);
  if (!SameMessage(allowed, claim.spec())) {
    at.Forbidden(
        "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims");
  }
  const auto capacity = before.status().capacity().find("storage");
  if (StorageRequest(claim) < StorageRequest(before) &&
      (capacity == before.status().capacity().end() ||
       StorageRequest(claim) <= api::Quantity::From(capacity->second))) {
    at.Field("resources.requests.storage").Forbidden("field can not be less than status.capacity");
  }
  FieldAt("volumeMode", errors).Immutable(claim.spec().volumemode(), before.spec().volumemode());
}

}  // namespace kubelite::apiserver
