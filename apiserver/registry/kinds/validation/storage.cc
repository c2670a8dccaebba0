#include <set>

#include "absl/strings/ascii.h"
#include "apiserver/registry/kinds/validation/field_at.h"
#include "apiserver/registry/kinds/validation/formats.h"
#include "apiserver/registry/kinds/validation/kind_rules.h"
#include "common/api/names.h"
#include "k8s/core/v1.pb.h"
#include "k8s/storage/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using api::FieldError;
using k8s::storage::v1::CSIDriver;
using k8s::storage::v1::CSINode;
using k8s::storage::v1::CSIStorageCapacity;
using k8s::storage::v1::StorageClass;
using k8s::storage::v1::VolumeAttachment;
using k8s::storage::v1::VolumeAttributesClass;
using Parameters = google::protobuf::Map<std::string, std::string>;

constexpr int kMaxParameters = 512;
constexpr int kMaxParameterBytes = 256 << 10;
constexpr size_t kMaxNodeId = 256;
constexpr int64_t kMinTokenSeconds = 600;
constexpr int64_t kMaxTokenSeconds = int64_t{1} << 32;

std::vector<std::string> ValidateProvisioner(absl::string_view text) {
  return api::ValidateQualifiedName(absl::AsciiStrToLower(text));
}

void ValidateParameters(const Parameters& parameters, const FieldAt& at) {
  if (parameters.size() > kMaxParameters) at.TooLong(kMaxParameters);
  size_t bytes = 0;
  for (const auto& [key, value] : parameters) {
    if (key.empty()) at.Invalid(key, "field can not be empty.");
    bytes += key.size() + value.size();
  }
  if (bytes > kMaxParameterBytes) at.TooLong(kMaxParameterBytes);
}

void ValidateTopologies(const StorageClass& storage_class, const FieldAt& at) {
  for (int i = 0; i < storage_class.allowedtopologies_size(); ++i) {
    const auto& term = storage_class.allowedtopologies(i);
    const FieldAt expressions = at.Item(i).Field("matchLabelExpressions");
    if (term.matchlabelexpressions_size() == 0) expressions.Required();
    std::set<std::string> keys;
    for (int e = 0; e < term.matchlabelexpressions_size(); ++e) {
      const auto& requirement = term.matchlabelexpressions(e);
      const FieldAt expression = expressions.Item(e);
      expression.Field("key").Matches(requirement.key(), api::ValidateQualifiedName);
      if (!keys.insert(requirement.key()).second) expression.Field("key").Duplicate(requirement.key());
      if (requirement.values_size() == 0) expression.Field("values").Required();
      std::set<std::string> values;
      for (int v = 0; v < requirement.values_size(); ++v) {
        if (!values.insert(requirement.values(v)).second) {
          expression.Field("values").Item(v).Duplicate(requirement.values(v));
        }
      }
    }
  }
}

void ValidateTokenRequests(const CSIDriver& driver, const FieldAt& at) {
  std::set<std::string> audiences;
  for (int i = 0; i < driver.spec().tokenrequests_size(); ++i) {
    const auto& request = driver.spec().tokenrequests(i);
    if (!audiences.insert(request.audience()).second) at.Item(i).Field("audience").Duplicate(request.audience());
    if (!request.has_expirationseconds()) continue;
    const FieldAt seconds = at.Item(i).Field("expirationSeconds");
    if (request.expirationseconds() < kMinTokenSeconds) {
      seconds.Invalid(request.expirationseconds(), "may not specify a duration less than 10 minutes");
    }
    if (request.expirationseconds() > kMaxTokenSeconds) {
      seconds.Invalid(request.expirationseconds(), "may not specify a duration larger than 2^32 seconds");
    }
  }
}

}  // namespace

void ValidateStorageClass(const Object& object, FieldErrors* errors) {
  const auto& storage_class = static_cast<const StorageClass&>(object);
  const FieldAt at(errors);
  at.Field("provisioner").PresentAndMatches(storage_class.provisioner(), ValidateProvisioner);
  ValidateParameters(storage_class.parameters(), at.Field("parameters"));
  at.Field("reclaimPolicy").OneOf(storage_class.reclaimpolicy(), {"Delete", "Retain"});
  at.Field("volumeBindingMode")
      .PresentAndOneOf(storage_class.volumebindingmode(), {"Immediate", "WaitForFirstConsumer"});
  ValidateTopologies(storage_class, at.Field("allowedTopologies"));
}

void ValidateStorageClassUpdate(const Object& object, const Object& old, FieldErrors* errors) {
  const auto& storage_class = static_cast<const StorageClass&>(object);
  const auto& before = static_cast<const StorageClass&>(old);
  const FieldAt at(errors);
  if (!SameMap(storage_class.parameters(), before.parameters())) {
    at.Field("parameters").Forbidden("updates to parameters are forbidden.");
  }
  if (storage_class.provisioner() != before.provisioner()) {
    at.Field("provisioner").Forbidden("updates to provisioner are forbidden.");
  }
  if (storage_class.reclaimpolicy() != before.reclaimpolicy()) {
    at.Field("reclaimPolicy").Forbidden("updates to reclaimPolicy are forbidden.");
  }
  at.Field("volumeBindingMode").Immutable(storage_class.volumebindingmode(), before.volumebindingmode());
}

void ValidateVolumeAttachment(const Object& object, FieldErrors* errors) {
  const auto& spec = static_cast<const VolumeAttachment&>(object).spec();
  const FieldAt at("spec", errors);
  at.Field("attacher").PresentAndMatches(spec.attacher(), ValidateCsiDriverName);
  at.Field("nodeName").PresentAndMatches(spec.nodename(), api::ValidateDns1123Subdomain);
  const auto& source = spec.source();
  if (source.has_inlinevolumespec() && source.has_persistentvolumename()) {
    at.Field("source").Forbidden("must specify exactly one of inlineVolumeSpec and persistentVolumeName");
  } else if (!source.has_inlinevolumespec() && source.persistentvolumename().empty()) {
    at.Field("source").Required("must specify exactly one of inlineVolumeSpec and persistentVolumeName");
  }
}

void ValidateVolumeAttachmentUpdate(const Object& object, const Object& old, FieldErrors* errors) {
  FieldAt("spec", errors)
      .Immutable(static_cast<const VolumeAttachment&>(object).spec(), static_cast<const VolumeAttachment&>(old).spec());
}

void ValidateVolumeAttributesClass(const Object& object, FieldErrors* errors) {
  const auto& attributes = static_cast<const VolumeAttributesClass&>(object);
  const FieldAt at(errors);
  at.Field("driverName").PresentAndMatches(attributes.drivername(), ValidateProvisioner);
  if (attributes.parameters().empty()) at.Field("parameters").Required("must contain at least one key/value pair");
  ValidateParameters(attributes.parameters(), at.Field("parameters"));
}

void ValidateVolumeAttributesClassUpdate(const Object& object, const Object& old, FieldErrors* errors) {
  const auto& attributes = static_cast<const VolumeAttributesClass&>(object);
  const auto& before = static_cast<const VolumeAttributesClass&>(old);
  const FieldAt at(errors);
  if (attributes.drivername() != before.drivername()) {
    at.Field("driverName").Forbidden("updates to driverName are forbidden.");
  }
  if (!SameMap(attributes.parameters(), before.parameters())) {
    at.Field("parameters").Forbidden("updates to parameters are forbidden.");
  }
}

void ValidateCsiDriver(const Object& object, FieldErrors* errors) {
  constexpr int64_t kMinUpdateSeconds = 10;
  const auto& driver = static_cast<const CSIDriver&>(object);
  const auto& spec = driver.spec();
  const FieldAt at("spec", errors);
  if (!spec.has_attachrequired()) at.Field("attachedRequired").Required();
  if (!spec.has_podinfoonmount()) at.Field("podInfoOnMount").Required();
  if (!spec.has_storagecapacity()) at.Field("storageCapacity").Required();
  at.Field("fsGroupPolicy").OneOf(spec.fsgrouppolicy(), {"File", "None", "ReadWriteOnceWithFSType"});
  for (const std::string& mode : spec.volumelifecyclemodes()) {
    at.Field("volumeLifecycleModes").OneOf(mode, {"Ephemeral", "Persistent"});
  }
  ValidateTokenRequests(driver, at.Field("tokenRequests"));
  if (spec.has_nodeallocatableupdateperiodseconds() && spec.nodeallocatableupdateperiodseconds() < kMinUpdateSeconds) {
    at.Field("nodeAllocatableUpdatePeriodSeconds")
        .Invalid(spec.nodeallocatableupdateperiodseconds(), "must be greater than or equal to 10 seconds");
  }
}

void ValidateCsiDriverUpdate(const Object& object, const Object& old, FieldErrors* errors) {
  const auto& spec = static_cast<const CSIDriver&>(object).spec();
  const auto& before = static_cast<const CSIDriver&>(old).spec();
  const FieldAt at("spec", errors);
  if (spec.attachrequired() != before.attachrequired()) {
    FieldError error = FieldError::Invalid(at.Field("attachedRequired").path(), "", "field is immutable");
    error.value = spec.attachrequired() ? "true" : "false";
    errors->push_back(error);
  }
  const bool same_modes = std::equal(spec.volumelifecyclemodes().begin(), spec.volumelifecyclemodes().end(),
                                     before.volumelifecyclemodes().begin(), before.volumelifecyclemodes().end());
  if (!same_modes) at.Field("volumeLifecycleModes").InvalidList(spec.volumelifecyclemodes(), "field is immutable");
}

void ValidateCsiNode(const Object& object, FieldErrors* errors) {
  const auto& drivers = static_cast<const CSINode&>(object).spec().drivers();
  std::set<std::string> names;
  for (int i = 0; i < drivers.size(); ++i) {
    const FieldAt at = FieldAt("spec.drivers", errors).Item(i);
    at.Field("name").PresentAndMatches(drivers[i].name(), ValidateCsiDriverName);
    if (!names.insert(drivers[i].name()).second) at.Field("name").Duplicate(drivers[i].name());
    at.Field("nodeID").Present(drivers[i].nodeid());
    if (drivers[i].nodeid().size() > kMaxNodeId) {
      at.Field("nodeID").Invalid(drivers[i].nodeid(), "must be 256 characters or less");
    }
  }
}

void ValidateCsiStorageCapacity(const Object& object, FieldErrors* errors) {
  const auto& capacity = static_cast<const CSIStorageCapacity&>(object);
  FieldAt("storageClassName", errors).PresentAndMatches(capacity.storageclassname(), api::ValidateDns1123Subdomain);
}

void ValidateCsiStorageCapacityUpdate(const Object& object, const Object& old, FieldErrors* errors) {
  const auto& capacity = static_cast<const CSIStorageCapacity&>(object);
  const auto& before = static_cast<const CSIStorageCapacity&>(old);
  const FieldAt at(errors);
  at.Field("nodeTopology").Immutable(capacity.nodetopology(), before.nodetopology());
  at.Field("storageClassName").Immutable(capacity.storageclassname(), before.storageclassname());
}

}  // namespace kubelite::apiserver
