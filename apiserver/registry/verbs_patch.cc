#include <utility>

#include "absl/strings/str_cat.h"
#include "apiserver/registry/body.h"
#include "apiserver/registry/field_manager.h"
#include "apiserver/registry/registry.h"
#include "apiserver/registry/update_steps.h"
#include "apiserver/registry/verbs_apply.h"
#include "common/api/errors.h"
#include "common/api/json.h"
#include "common/api/patch.h"
#include "common/base/status_macros.h"

namespace kubelite::apiserver {
namespace {

absl::Status UnsupportedPatch() {
  k8s::meta::v1::Status status;
  status.set_status("Failure");
  status.set_reason("UnsupportedMediaType");
  status.set_code(415);
  status.set_message(
      "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, "
      "application/merge-patch+json, application/strategic-merge-patch+json");
  return api::FromApiStatus(status);
}

// Upstream does not tell which operation it was.
absl::Status InapplicablePatch() {
  k8s::meta::v1::Status status;
  status.set_status("Failure");
  status.set_reason("Invalid");
  status.set_code(422);
  status.set_message("the server rejected our request due to an error in our request");
  status.mutable_details();
  return api::FromApiStatus(status);
}

absl::StatusOr<std::string> ApplyPatch(const Request& request, const api::Object& stored) {
  const std::string document = api::EncodeJson(stored);
  switch (request.patch_type) {
    case client::PatchType::kJson:
      return api::ApplyJsonPatch(document, request.body_json);
    case client::PatchType::kStrategic:
      return api::ApplyStrategicMergePatch(document, request.body_json, stored.GetDescriptor());
    default:
      return api::ApplyMergePatch(document, request.body_json);
  }
}

// `stored` with the patch applied to its JSON form.
absl::StatusOr<std::unique_ptr<api::Object>> Patched(const Request& request, const api::GroupVersionKind& kind,
                                                     const api::Object& stored, std::vector<std::string>* warnings) {
  const absl::StatusOr<std::string> json = ApplyPatch(request, stored);
  if (absl::IsFailedPrecondition(json.status())) return InapplicablePatch();
  if (!json.ok()) return api::BadRequest(json.status().message());
  return DecodeJsonBody(request, *json, kind, warnings);
}

}  // namespace

absl::Status CheckPatched(const ResourceDef& def, const api::Object& patched, const api::Object& stored) {
  const k8s::meta::v1::ObjectMeta& meta = api::Meta(patched);
  const k8s::meta::v1::ObjectMeta& old = api::Meta(stored);
  if (meta.name() != old.name()) {
    return api::BadRequest(absl::StrCat("the name of the object (", meta.name(),
                                        ") does not match the name on the URL (", old.name(), ")"));
  }
  if (meta.namespace_() != old.namespace_()) {
    return api::BadRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  if (!meta.uid().empty() && meta.uid() != old.uid()) {
    return api::Conflict(
        *def.info, old.name(),
        absl::StrCat("Precondition failed: UID in precondition: ", meta.uid(), ", UID in object meta: ", old.uid()));
  }
  if (meta.resourceversion().empty() || meta.resourceversion() == old.resourceversion()) return absl::OkStatus();
  return api::Conflict(*def.info, old.name());
}

absl::StatusOr<api::ObjectPtr> Registry::Patch(const Request& request, std::vector<std::string>* warnings) {
  ASSIGN_OR_RETURN(const ResourceDef* def, state_->Row(request));
  RETURN_IF_ERROR(ValidateWriteOptions(request, "PatchOptions"));
  if (IsApply(request)) {
    const std::string& part = request.subresource;
    if (!part.empty() && part != "status" && part != "scale") return UnsupportedPatch();
    return RunApply(*this, *state_, *def, request, warnings);
  }
  const auto handler = def->update_subresource.find(request.subresource);
  const api::SubresourceInfo* subresource = def->info->FindSubresource(request.subresource);
  const api::GroupVersionKind& kind = subresource ? subresource->gvk : def->info->gvk;
  if (handler != def->update_subresource.end()) {
    Request get = request;
    get.verb = "get";
    ASSIGN_OR_RETURN(const api::ObjectPtr stored, Get(get));
    ASSIGN_OR_RETURN(std::unique_ptr<api::Object> patched, Patched(request, kind, *stored, warnings));
    RETURN_IF_ERROR(CheckPatched(*def, *patched, *stored));
    Request update = request;
    update.object = std::move(patched);
    return handler->second(*this, update);
  }
  if (!request.subresource.empty() && request.subresource != "status") {
    return api::MethodNotSupported(*def->info, request.verb);
  }
  const auto change = [&](const api::Object& stored) -> absl::StatusOr<std::unique_ptr<api::Object>> {
    if (warnings != nullptr) warnings->clear();  // of the attempt before
    ASSIGN_OR_RETURN(std::unique_ptr<api::Object> patched, Patched(request, kind, stored, warnings));
    RETURN_IF_ERROR(CheckPatched(*def, *patched, stored));
    return patched;
  };
  return RunUpdate(*this, *state_,
                   {.def = *def, .key = {request.name_space, request.name}, .request = request, .change = change});
}

}  // namespace kubelite::apiserver
