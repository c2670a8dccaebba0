#include "apiserver/registry/metadata_rules.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/api/names.h"
#include "common/api/time.h"

namespace kubelite::apiserver {
namespace {

using api::FieldError;
using api::FieldErrors;
using k8s::meta::v1::ObjectMeta;
using k8s::meta::v1::OwnerReference;

constexpr int kMaxAnnotationBytes = 256 << 10;
constexpr absl::string_view kImmutable = "field is immutable";

void AddInvalid(absl::string_view field, absl::string_view value, const std::vector<std::string>& problems,
                FieldErrors* errors) {
  for (const std::string& problem : problems) errors->push_back(FieldError::Invalid(field, value, problem));
}

std::vector<std::string> NameProblems(const ResourceDef& def, absl::string_view name) {
  std::vector<std::string> problems = api::ValidatePathSegmentName(name);
  if (!problems.empty()) return problems;
  return def.validate_name ? def.validate_name(name) : api::ValidateDns1123Subdomain(name);
}

// A prefix is checked with its trailing '-' as if a letter followed (upstream: maskTrailingDash).
std::string MaskTrailingDash(const std::string& prefix) {
  return prefix.size() > 1 && prefix.back() == '-' ? prefix.substr(0, prefix.size() - 2) + "a" : prefix;
}

void ValidateNames(const ResourceDef& def, const ObjectMeta& meta, FieldErrors* errors) {
  if (!meta.generatename().empty()) {
    AddInvalid("metadata.generateName", meta.generatename(), NameProblems(def, MaskTrailingDash(meta.generatename())),
               errors);
  }
  if (meta.name().empty()) {
    errors->push_back(FieldError::Required("metadata.name", "name or generateName is required"));
  } else {
    AddInvalid("metadata.name", meta.name(), NameProblems(def, meta.name()), errors);
  }
  if (!def.info->namespaced) {
    if (!meta.namespace_().empty()) {
      errors->push_back(FieldError::Forbidden("metadata.namespace", "not allowed on this type"));
    }
  } else if (meta.namespace_().empty()) {
    errors->push_back(FieldError::Required("metadata.namespace", ""));
  } else {
    AddInvalid("metadata.namespace", meta.namespace_(), api::ValidateDns1123Label(meta.namespace_()), errors);
  }
}

// Protobuf maps have no order: errors are reported by key.
template <typename Map>
std::vector<std::string> SortedKeys(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& entry : map) keys.push_back(entry.first);
  std::sort(keys.begin(), keys.end());
  return keys;
}

void ValidateLabelsAndAnnotations(const ObjectMeta& meta, FieldErrors* errors) {
  for (const std::string& key : SortedKeys(meta.labels())) {
    AddInvalid("metadata.labels", key, api::ValidateQualifiedName(key), errors);
    const std::string& value = meta.labels().at(key);
    AddInvalid("metadata.labels", value, api::ValidateLabelValue(value), errors);
  }
  size_t total = 0;
  for (const std::string& key : SortedKeys(meta.annotations())) {
    AddInvalid("metadata.annotations", key, api::ValidateQualifiedName(absl::AsciiStrToLower(key)), errors);
    total += key.size() + meta.annotations().at(key).size();
  }
  if (total > kMaxAnnotationBytes) {
    errors->push_back(FieldError::TooLong("metadata.annotations", kMaxAnnotationBytes));
  }
}

void ValidateOwners(const ObjectMeta& meta, FieldErrors* errors) {
  const OwnerReference* controller = nullptr;
  for (const OwnerReference& owner : meta.ownerreferences()) {
    const std::string& api_version = owner.apiversion();
    if (api_version.empty() || absl::EndsWith(api_version, "/")) {
      errors->push_back(
          FieldError::Invalid("metadata.ownerReferences.apiVersion", api_version, "version must not be empty"));
    }
    const auto require = [&](absl::string_view member, const std::string& value) {
      if (!value.empty()) return;
      errors->push_back(
          FieldError::Invalid(absl::StrCat("metadata.ownerReferences.", member), value, "must not be empty"));
    };
    require("kind", owner.kind());
    require("name", owner.name());
    require("uid", owner.uid());
    if (api_version == "v1" && owner.kind() == "Event") {
      errors->push_back(FieldError::Invalid("metadata.ownerReferences", owner.name(),
                                            "/v1, Kind=Event is disallowed from being an owner"));
    }
    if (!owner.controller()) continue;
    if (controller != nullptr) {
      errors->push_back(FieldError::Invalid(
          "metadata.ownerReferences", owner.name(),
          absl::StrCat("Only one reference can have Controller set to true. Found \"true\" in references for ",
                       controller->kind(), "/", controller->name(), " and ", owner.kind(), "/", owner.name())));
    }
    controller = &owner;
  }
}

void ValidateFinalizers(const ObjectMeta& meta, FieldErrors* errors) {
  bool orphan = false;
  bool foreground = false;
  for (const std::string& finalizer : meta.finalizers()) {
    AddInvalid("metadata.finalizers", finalizer, api::ValidateQualifiedName(finalizer), errors);
    orphan |= finalizer == "orphan";
    foreground |= finalizer == "foregroundDeletion";
    const bool standard = finalizer == "kubernetes" || finalizer == "orphan" || finalizer == "foregroundDeletion";
    if (!standard && !absl::StrContains(finalizer, "/")) {
      errors->push_back(FieldError::Invalid("metadata.finalizers", finalizer,
                                            "name is neither a standard finalizer name nor is it fully qualified"));
    }
  }
  if (orphan && foreground) {
    errors->push_back(FieldError::Invalid("metadata.finalizers", absl::StrJoin(meta.finalizers(), ","),
                                          "finalizer orphan and foregroundDeletion cannot be both set"));
  }
}

std::string TimeText(bool set, const k8s::meta::v1::Time& time) {
  return set ? api::FormatRfc3339(api::FromProto(time)) : "null";
}

bool SameTime(bool a_set, const k8s::meta::v1::Time& a, bool b_set, const k8s::meta::v1::Time& b) {
  return a_set == b_set && a.seconds() == b.seconds();
}

void ValidateNoNewFinalizers(const ObjectMeta& meta, const api::Object& old_object, FieldErrors* errors) {
  std::vector<std::string> added;
  for (const std::string& finalizer : meta.finalizers()) {
    if (!api::HasFinalizer(old_object, finalizer)) added.push_back(absl::StrCat("\"", finalizer, "\""));
  }
  if (added.empty()) return;
  errors->push_back(FieldError::Forbidden(
      "metadata.finalizers",
      absl::StrCat("no new finalizers can be added if the object is being deleted, found new finalizers []string{",
                   absl::StrJoin(added, ", "), "}")));
}

}  // namespace

void ValidateMetadata(const ResourceDef& def, const api::Object& object, FieldErrors* errors) {
  const ObjectMeta& meta = api::Meta(object);
  ValidateNames(def, meta, errors);
  if (meta.generation() < 0) {
    errors->push_back(
        FieldError::InvalidNumber("metadata.generation", meta.generation(), "must be greater than or equal to 0"));
  }
  ValidateLabelsAndAnnotations(meta, errors);
  ValidateOwners(meta, errors);
  ValidateFinalizers(meta, errors);
}

void ValidateMetadataUpdate(const api::Object& object, const api::Object& old_object, FieldErrors* errors) {
  const ObjectMeta& meta = api::Meta(object);
  const ObjectMeta& old = api::Meta(old_object);
  const auto same = [errors](absl::string_view field, const std::string& value, const std::string& old_value) {
    if (value != old_value) errors->push_back(FieldError::Invalid(field, value, kImmutable));
  };
  if (api::IsBeingDeleted(old_object)) ValidateNoNewFinalizers(meta, old_object, errors);
  if (meta.generation() < old.generation()) {
    errors->push_back(FieldError::InvalidNumber("metadata.generation", meta.generation(), "must not be decremented"));
  }
  same("metadata.name", meta.name(), old.name());
  same("metadata.namespace", meta.namespace_(), old.namespace_());
  same("metadata.uid", meta.uid(), old.uid());
  if (!SameTime(meta.has_creationtimestamp(), meta.creationtimestamp(), old.has_creationtimestamp(),
                old.creationtimestamp())) {
    errors->push_back(FieldError::Invalid(
        "metadata.creationTimestamp", TimeText(meta.has_creationtimestamp(), meta.creationtimestamp()), kImmutable));
  }
  if (!SameTime(meta.has_deletiontimestamp(), meta.deletiontimestamp(), old.has_deletiontimestamp(),
                old.deletiontimestamp())) {
    errors->push_back(FieldError::Invalid(
        "metadata.deletionTimestamp", TimeText(meta.has_deletiontimestamp(), meta.deletiontimestamp()), kImmutable));
  }
  if (meta.has_deletiongraceperiodseconds() != old.has_deletiongraceperiodseconds() ||
      meta.deletiongraceperiodseconds() != old.deletiongraceperiodseconds()) {
    errors->push_back(FieldError::InvalidNumber("metadata.deletionGracePeriodSeconds",
                                                meta.deletiongraceperiodseconds(), kImmutable));
  }
}

}  // namespace kubelite::apiserver
