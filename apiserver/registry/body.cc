#include "apiserver/registry/body.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/base/status_macros.h"

namespace kubelite::apiserver {
namespace {

using api::GroupVersionKind;

std::string CannotBeHandled(const GroupVersionKind& given, const GroupVersionKind& expected, absl::string_view why) {
  return absl::StrCat(given.kind, " in version \"", given.version, "\" cannot be handled as a ", expected.kind, ": ",
                      why);
}

api::DecodeOptions OptionsFor(const Request& request, std::vector<std::string>* warnings) {
  api::DecodeOptions options;
  if (request.field_validation == "Ignore") options.unknown = api::DecodeOptions::Unknown::kIgnore;
  if (request.field_validation == "Warn") options.unknown = api::DecodeOptions::Unknown::kWarn;
  options.warnings = warnings;
  return options;
}

absl::Status CheckTypeMeta(absl::string_view json, const GroupVersionKind& expected) {
  absl::StatusOr<api::TypeMeta> type = api::PeekTypeMeta(json);
  const auto unrecognized = [&](absl::string_view why) {
    const std::string start = json.empty() ? "<empty>" : std::string(json.substr(0, 30));
    return api::BadRequest(absl::StrCat("the object provided is unrecognized (must be of type ", expected.kind,
                                        "): ", why, " (", start, ")"));
  };
  if (!type.ok()) return unrecognized(absl::StrCat("couldn't get version/kind; ", type.status().message()));
  if (type->kind.empty()) return unrecognized("Object 'Kind' is missing");
  if (type->api_version.empty()) return unrecognized("Object 'apiVersion' is missing");
  const absl::StatusOr<GroupVersionKind> given = api::ParseApiVersion(type->api_version, type->kind);
  if (!given.ok()) return api::BadRequest(given.status().message());
  if (given->group != expected.group || given->version != expected.version) {
    return api::BadRequest(absl::StrCat("the API version in the data (", type->api_version,
                                        ") does not match the expected API version (", expected.ApiVersion(), ")"));
  }
  if (given->kind != expected.kind) {
    return api::BadRequest(CannotBeHandled(*given, expected, absl::StrCat("the body must be a ", expected.kind)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<api::Object>> DecodeJsonBody(const Request& request, absl::string_view json,
                                                            const GroupVersionKind& expected,
                                                            std::vector<std::string>* warnings) {
  RETURN_IF_ERROR(CheckTypeMeta(json, expected));
  ASSIGN_OR_RETURN(std::unique_ptr<api::Object> object, api::Scheme::Builtin().New(expected));
  const absl::Status decoded = api::DecodeJsonInto(json, object.get(), OptionsFor(request, warnings));
  if (!decoded.ok()) return api::BadRequest(CannotBeHandled(expected, expected, decoded.message()));
  return object;
}

absl::StatusOr<std::unique_ptr<api::Object>> DecodeBody(const Request& request, const GroupVersionKind& expected,
                                                        std::vector<std::string>* warnings) {
  if (request.object == nullptr) return DecodeJsonBody(request, request.body_json, expected, warnings);
  const GroupVersionKind* given = api::Scheme::Builtin().KindOf(request.object->GetDescriptor());
  if (given == nullptr) return api::BadRequest("the object provided is unrecognized: it is of no API kind");
  if (*given != expected) {
    return api::BadRequest(CannotBeHandled(*given, expected, absl::StrCat("the body must be a ", expected.kind)));
  }
  return api::Clone(*request.object);
}

absl::Status ValidateWriteOptions(const Request& request, absl::string_view options_kind) {
  api::FieldErrors errors;
  const std::string& validation = request.field_validation;
  if (!validation.empty() && validation != "Ignore" && validation != "Warn" && validation != "Strict") {
    errors.push_back(api::FieldError::NotSupported("fieldValidation", validation, {"Ignore", "Strict", "Warn"}));
  }
  if (request.field_manager.size() > 128) errors.push_back(api::FieldError::TooLong("fieldManager", 128));
  if (request.verb == "patch") {
    const bool apply = request.patch_type == client::PatchType::kApply;
    if (apply && request.field_manager.empty()) {
      errors.push_back(api::FieldError::Required("fieldManager", "is required for apply patch"));
    }
    if (!apply && request.force) {
      errors.push_back(api::FieldError::Forbidden("force", "may not be specified for non-apply patch"));
    }
  }
  const std::string& propagation = request.delete_options.propagation_policy;
  if (!propagation.empty() && propagation != "Foreground" && propagation != "Background" && propagation != "Orphan") {
    errors.push_back(
        api::FieldError::NotSupported("propagationPolicy", propagation, {"Foreground", "Background", "Orphan", "nil"}));
  }
  if (errors.empty()) return absl::OkStatus();
  api::ResourceInfo info;
  info.gvk = {"meta.k8s.io", "v1", std::string(options_kind)};
  return api::Invalid(info, "", errors);
}

}  // namespace kubelite::apiserver
