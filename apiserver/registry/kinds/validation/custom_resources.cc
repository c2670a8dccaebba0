#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "apiserver/registry/kinds/validation/field_at.h"
#include "apiserver/registry/kinds/validation/kind_rules.h"
#include "common/api/names.h"
#include "k8s/apiextensions/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using api::FieldError;
using k8s::apiextensions::v1::CustomResourceDefinition;
using k8s::apiextensions::v1::CustomResourceDefinitionNames;
using k8s::apiextensions::v1::CustomResourceDefinitionSpec;
using k8s::apiextensions::v1::CustomResourceDefinitionVersion;

constexpr int kMaxWarning = 256;

// A kind: a label, but with upper-case letters.
void ValidateKindName(const std::string& kind, const FieldAt& at) {
  if (!at.Present(kind)) return;
  const auto problems = api::ValidateDns1035Label(absl::AsciiStrToLower(kind));
  if (problems.empty()) return;
  at.Invalid(kind, absl::StrCat("may have mixed case, but should otherwise match: ", absl::StrJoin(problems, ",")));
}

void ValidateNames(const CustomResourceDefinitionNames& names, const FieldAt& at) {
  at.Field("plural").PresentAndMatches(names.plural(), api::ValidateDns1035Label);
  at.Field("singular").PresentAndMatches(names.singular(), api::ValidateDns1035Label);
  ValidateKindName(names.kind(), at.Field("kind"));
  ValidateKindName(names.listkind(), at.Field("listKind"));
  for (int i = 0; i < names.shortnames_size(); ++i) {
    at.Field("shortNames").Item(i).Matches(names.shortnames(i), api::ValidateDns1035Label);
  }
  for (int i = 0; i < names.categories_size(); ++i) {
    at.Field("categories").Item(i).Matches(names.categories(i), api::ValidateDns1035Label);
  }
  if (!names.kind().empty() && names.kind() == names.listkind()) {
    at.Field("listKind").Invalid(names.listkind(), "kind and listKind may not be the same");
  }
}

void ValidateColumns(const CustomResourceDefinitionVersion& version, const FieldAt& at) {
  static const std::vector<std::string> types = {"boolean", "date", "integer", "number", "string"};
  for (int i = 0; i < version.additionalprintercolumns_size(); ++i) {
    const auto& column = version.additionalprintercolumns(i);
    at.Item(i).Field("name").Present(column.name());
    const bool known = std::find(types.begin(), types.end(), column.type()) != types.end();
    if (column.type().empty()) {
      at.Item(i).Field("type").Required(absl::StrCat("must be one of ", absl::StrJoin(types, ",")));
    } else if (!known) {
      at.Item(i).Field("type").Invalid(column.type(), absl::StrCat("must be one of ", absl::StrJoin(types, ",")));
    }
    if (at.Item(i).Field("jsonPath").Present(column.jsonpath()) && !absl::StartsWith(column.jsonpath(), ".")) {
      at.Item(i).Field("jsonPath").Invalid(column.jsonpath(), "must be a simple json path starting with .");
    }
  }
}

void ValidateScale(const k8s::apiextensions::v1::CustomResourceSubresourceScale& scale, const FieldAt& at) {
  const auto under = [](const std::string& path, absl::string_view root) { return absl::StartsWith(path, root); };
  if (at.Field("specReplicasPath").Present(scale.specreplicaspath()) && !under(scale.specreplicaspath(), ".spec.")) {
    at.Field("specReplicasPath").Invalid(scale.specreplicaspath(), "should be a json path under .spec");
  }
  if (at.Field("statusReplicasPath").Present(scale.statusreplicaspath()) &&
      !under(scale.statusreplicaspath(), ".status.")) {
    at.Field("statusReplicasPath").Invalid(scale.statusreplicaspath(), "should be a json path under .status");
  }
  const std::string& selector = scale.labelselectorpath();
  if (scale.has_labelselectorpath() && !under(selector, ".spec.") && !under(selector, ".status.")) {
    at.Field("labelSelectorPath").Invalid(selector, "should be a json path under either .spec or .status");
  }
}

void ValidateVersion(const CustomResourceDefinitionVersion& version, const FieldAt& at) {
  at.Field("name").Matches(version.name(), api::ValidateDns1035Label);
  if (!version.schema().has_openapiv3schema()) {
    at.Field("schema.openAPIV3Schema").Required("schemas are required");
  } else if (version.schema().openapiv3schema().type().empty()) {
    at.Field("schema.openAPIV3Schema.type").Required("must not be empty at the root");
  } else if (version.schema().openapiv3schema().type() != "object") {
    at.Field("schema.openAPIV3Schema.type")
        .Invalid(version.schema().openapiv3schema().type(), "must be object at the root");
  }
  if (!version.deprecationwarning().empty() && !version.deprecated()) {
    at.Field("deprecationWarning").Invalid(version.deprecationwarning(), "can only be set for deprecated versions");
  }
  if (version.deprecationwarning().size() > kMaxWarning) {
    at.Field("deprecationWarning").Invalid(version.deprecationwarning(), "must be <= 256 characters long");
  }
  ValidateColumns(version, at.Field("additionalPrinterColumns"));
  if (version.subresources().has_scale()) ValidateScale(version.subresources().scale(), at.Field("subresources.scale"));
}

void ValidateVersions(const CustomResourceDefinition& definition, FieldErrors* errors) {
  const CustomResourceDefinitionSpec& spec = definition.spec();
  const FieldAt at("spec.versions", errors);
  std::set<std::string> names;
  bool unique = true;
  int stored = 0;
  for (int i = 0; i < spec.versions_size(); ++i) {
    ValidateVersion(spec.versions(i), at.Item(i));
    unique = names.insert(spec.versions(i).name()).second && unique;
    if (spec.versions(i).storage()) ++stored;
  }
  if (spec.versions_size() == 0) at.Required();
  const auto invalid = [&](const FieldAt& where, const char* detail) {
    api::FieldError error = api::FieldError::Invalid(where.path(), "", detail);
    error.value = "[]";
    errors->push_back(error);
  };
  if (!unique) invalid(at, "must contain unique version names");
  if (stored != 1 && spec.versions_size() > 0) invalid(at, "must have exactly one version marked as storage version");
  const auto& kept = definition.status().storedversions();
  const FieldAt stored_at("status.storedVersions", errors);
  if (kept.empty()) stored_at.InvalidList(kept, "must have at least one stored version");
  for (int i = 0; i < kept.size(); ++i) {
    if (!names.contains(kept[i])) {
      stored_at.Item(i).Invalid(
          kept[i], absl::StrCat("missing from spec.versions; ", kept[i],
                                " was previously a storage version, and must remain in "
                                "spec.versions until a storage migration ensures no data remains persisted in ",
                                kept[i], " and removes ", kept[i], " from status.storedVersions"));
    }
  }
}

void ValidateConversion(const CustomResourceDefinitionSpec& spec, const FieldAt& at) {
  const auto& conversion = spec.conversion();
  at.Field("strategy").PresentAndOneOf(conversion.strategy(), {"None", "Webhook"});
  if (conversion.strategy() != "Webhook") {
    if (conversion.has_webhook())
      at.Field("webhook").Forbidden("should not be set when strategy is not set to Webhook");
    return;
  }
  const FieldAt webhook = at.Field("webhook");
  if (!conversion.webhook().has_clientconfig()) {
    webhook.Field("clientConfig").Required("required when strategy is set to Webhook");
  } else if (conversion.webhook().clientconfig().has_url() == conversion.webhook().clientconfig().has_service()) {
    webhook.Field("clientConfig").Required("exactly one of url or service is required");
  }
  if (conversion.webhook().conversionreviewversions_size() == 0) {
    webhook.Field("conversionReviewVersions").Required();
  }
}

bool IsProtected(const std::string& group) {
  return group == "k8s.io" || group == "kubernetes.io" || absl::EndsWith(group, ".k8s.io") ||
         absl::EndsWith(group, ".kubernetes.io");
}

bool Established(const CustomResourceDefinition& definition) {
  for (const auto& condition : definition.status().conditions()) {
    if (condition.type() == "Established") return condition.status() == "True";
  }
  return false;
}

}  // namespace

void ValidateCustomResourceDefinition(const Object& object, FieldErrors* errors) {
  const auto& definition = static_cast<const CustomResourceDefinition&>(object);
  const auto& spec = definition.spec();
  const FieldAt at("spec", errors);
  const std::string name = absl::StrCat(spec.names().plural(), ".", spec.group());
  if (definition.metadata().name() != name) {
    FieldAt("metadata.name", errors)
        .Invalid(definition.metadata().name(), "must be spec.names.plural+\".\"+spec.group");
  }
  if (at.Field("group").PresentAndMatches(spec.group(), api::ValidateDns1123Subdomain) &&
      !absl::StrContains(spec.group(), '.')) {
    at.Field("group").Invalid(spec.group(), "should be a domain with at least one dot");
  }
  at.Field("scope").PresentAndOneOf(spec.scope(), {"Cluster", "Namespaced"});
  if (spec.preserveunknownfields()) {
    FieldError error = FieldError::Invalid("spec.preserveUnknownFields", "",
                                           "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in "
                                           "spec.versions[*].schema instead");
    error.value = "true";
    errors->push_back(error);
  }
  ValidateVersions(definition, errors);
  ValidateNames(spec.names(), at.Field("names"));
  ValidateConversion(spec, at.Field("conversion"));
  constexpr char kApproved[] = "api-approved.kubernetes.io";
  if (IsProtected(spec.group()) && !definition.metadata().annotations().contains(kApproved)) {
    FieldAt("metadata.annotations", errors)
        .Key(kApproved)
        .Required(
            "protected groups must have approval annotation \"api-approved.kubernetes.io\", see "
            "https://github.com/kubernetes/enhancements/pull/1111");
  }
}

void ValidateCustomResourceDefinitionUpdate(const Object& object, const Object& old, FieldErrors* errors) {
  const auto& definition = static_cast<const CustomResourceDefinition&>(object);
  const auto& before = static_cast<const CustomResourceDefinition&>(old);
  const FieldAt at("spec", errors);
  at.Field("group").Immutable(definition.spec().group(), before.spec().group());
  at.Field("names.plural").Immutable(definition.spec().names().plural(), before.spec().names().plural());
  if (!Established(before)) return;
  at.Field("scope").Immutable(definition.spec().scope(), before.spec().scope());
  at.Field("names.kind").Immutable(definition.spec().names().kind(), before.spec().names().kind());
}

}  // namespace kubelite::apiserver
