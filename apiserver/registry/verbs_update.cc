#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "apiserver/registry/body.h"
#include "apiserver/registry/registry.h"
#include "apiserver/registry/update_steps.h"
#include "common/api/errors.h"
#include "common/base/status_macros.h"

namespace kubelite::apiserver {
namespace {

absl::Status CheckPlace(const ResourceDef& def, const Request& request, k8s::meta::v1::ObjectMeta* meta) {
  if (meta->name() != request.name) {
    return api::BadRequest(absl::StrCat("the name of the object (", meta->name(),
                                        ") does not match the name on the URL (", request.name, ")"));
  }
  if (def.info->namespaced && meta->namespace_().empty()) meta->set_namespace_(request.name_space);
  if (meta->namespace_() != (def.info->namespaced ? request.name_space : "")) {
    return api::BadRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  return absl::OkStatus();
}

// Upstream names the plural here, not the kind.
absl::Status MissingResourceVersion(const ResourceDef& def, const std::string& name) {
  api::ResourceInfo info = *def.info;
  info.gvk.kind = info.plural;
  return api::Invalid(
      info, name, {api::FieldError::InvalidNumber("metadata.resourceVersion", 0, "must be specified for an update")});
}

absl::Status CheckPreconditions(const ResourceDef& def, const k8s::meta::v1::ObjectMeta& wanted,
                                const k8s::meta::v1::ObjectMeta& stored) {
  if (!wanted.uid().empty() && wanted.uid() != stored.uid()) {
    return api::Conflict(*def.info, wanted.name(),
                         absl::StrCat("Precondition failed: UID in precondition: ", wanted.uid(),
                                      ", UID in object meta: ", stored.uid()));
  }
  const std::string& version = wanted.resourceversion();
  if (version.empty() || version == "0") {
    return def.info->unconditional_update ? absl::OkStatus() : MissingResourceVersion(def, wanted.name());
  }
  int64_t number = 0;
  if (!absl::SimpleAtoi(version, &number) || number < 0) {
    return api::Invalid(*def.info, wanted.name(),
                        {api::FieldError::Invalid("metadata.resourceVersion", version, "must be an unsigned integer")});
  }
  return version == stored.resourceversion() ? absl::OkStatus() : api::Conflict(*def.info, wanted.name());
}

}  // namespace

absl::StatusOr<api::ObjectPtr> Registry::Update(const Request& request, std::vector<std::string>* warnings) {
  ASSIGN_OR_RETURN(const ResourceDef* def, state_->Row(request));
  RETURN_IF_ERROR(ValidateWriteOptions(request, "UpdateOptions"));
  const auto handler = def->update_subresource.find(request.subresource);
  const api::SubresourceInfo* subresource = def->info->FindSubresource(request.subresource);
  ASSIGN_OR_RETURN(std::unique_ptr<api::Object> body,
                   DecodeBody(request, subresource ? subresource->gvk : def->info->gvk, warnings));
  RETURN_IF_ERROR(CheckPlace(*def, request, api::MutableMeta(body.get())));
  if (handler != def->update_subresource.end()) {
    Request decoded = request;
    decoded.object = std::move(body);
    return handler->second(*this, decoded);
  }
  if (!request.subresource.empty() && request.subresource != "status") {
    return api::MethodNotSupported(*def->info, request.verb);
  }
  const auto change = [&](const api::Object& stored) -> absl::StatusOr<std::unique_ptr<api::Object>> {
    RETURN_IF_ERROR(CheckPreconditions(*def, api::Meta(*body), api::Meta(stored)));
    return api::Clone(*body);
  };
  absl::StatusOr<api::ObjectPtr> updated = RunUpdate(
      *this, *state_, {.def = *def, .key = {request.name_space, request.name}, .request = request, .change = change});
  const bool may_create = def->info->create_on_put && request.subresource.empty() &&
                          api::Meta(*body).resourceversion().empty() && api::Meta(*body).uid().empty();
  if (updated.ok() || !api::IsNotFound(updated.status()) || !may_create) return updated;
  Request create = request;
  create.verb = "create";
  create.object = std::move(body);
  absl::StatusOr<api::ObjectPtr> made = Create(create, warnings);
  if (made.ok() && request.created != nullptr) *request.created = true;
  return made;
}

}  // namespace kubelite::apiserver
