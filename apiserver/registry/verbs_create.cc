#include <utility>

#include "absl/strings/str_cat.h"
#include "apiserver/registry/body.h"
#include "apiserver/registry/field_manager.h"
#include "apiserver/registry/metadata_rules.h"
#include "apiserver/registry/object_changes.h"
#include "apiserver/registry/registry.h"
#include "apiserver/registry/update_steps.h"
#include "common/api/errors.h"
#include "common/api/time.h"
#include "common/base/status_macros.h"

namespace kubelite::apiserver {
namespace {

constexpr int kNameAttempts = 8;
constexpr int kSuffixLength = 5;
constexpr size_t kMaxGeneratedBase = 63 - kSuffixLength;

absl::Status PlaceObject(const ResourceDef& def, const Request& request, k8s::meta::v1::ObjectMeta* meta) {
  if (!request.name.empty() && meta->name() != request.name) {
    if (!meta->name().empty()) {
      return api::BadRequest(absl::StrCat("the name of the object (", meta->name(),
                                          ") does not match the name on the URL (", request.name, ")"));
    }
    meta->set_name(request.name);
  }
  if (def.info->namespaced && meta->namespace_().empty()) meta->set_namespace_(request.name_space);
  if (def.info->namespaced && meta->namespace_().empty()) {
    return api::BadRequest("an empty namespace may not be set during creation");
  }
  const bool mismatch = def.info->namespaced ? !request.name_space.empty() && meta->namespace_() != request.name_space
                                             : !meta->namespace_().empty();
  if (mismatch) {
    return api::BadRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  if (!meta->resourceversion().empty()) {
    return api::BadRequest("resourceVersion should not be set on objects to be created");
  }
  return absl::OkStatus();
}

// What the server owns in the metadata of a new object.
void FillMetadata(const ResourceDef& def, absl::Time now, base::Random& random, k8s::meta::v1::ObjectMeta* meta) {
  meta->clear_deletiontimestamp();
  meta->clear_deletiongraceperiodseconds();
  meta->clear_selflink();
  api::ToProto(now, meta->mutable_creationtimestamp());
  meta->set_uid(random.Uuid());
  meta->clear_generation();
  if (!def.generation_fields.empty()) meta->set_generation(1);
  if (meta->name().empty() && !meta->generatename().empty()) {
    meta->set_name(absl::StrCat(meta->generatename().substr(0, kMaxGeneratedBase), random.NameSuffix(kSuffixLength)));
  }
}

absl::Status NameNotFree(const ResourceDef& def, const std::string& name) {
  k8s::meta::v1::Status status = api::ToApiStatus(api::AlreadyExists(*def.info, name));
  status.set_message(
      absl::StrCat(status.message(), ", the server was not able to generate a unique name for the object"));
  status.mutable_details()->set_retryafterseconds(1);
  return api::FromApiStatus(status);
}

// The object to store for a decoded body.
absl::StatusOr<std::unique_ptr<api::Object>> PrepareCreate(Registry& registry, Registry::State& state,
                                                           const ResourceDef& def, const Request& request,
                                                           std::unique_ptr<api::Object> object) {
  const absl::Time now = state.Now();
  FillMetadata(def, now, registry.random(), api::MutableMeta(object.get()));
  if (def.info->FindSubresource("status") != nullptr && !def.status_on_create) ClearStatus(object.get());
  if (def.set_defaults) def.set_defaults(object.get());
  if (!IsApply(request)) TrackWrite(def, request, nullptr, now, object.get());
  RETURN_IF_ERROR(MutatingAdmission(registry, state, request, object.get(), nullptr));
  if (def.prepare_create) def.prepare_create(object.get(), WriteContext{request, now});
  api::FieldErrors errors;
  ValidateMetadata(def, *object, &errors);
  if (def.validate) def.validate(*object, &errors);
  if (!errors.empty()) return api::Invalid(*def.info, api::Meta(*object).name(), errors);
  RETURN_IF_ERROR(ValidatingAdmission(registry, state, request, object.get(), nullptr));
  RETURN_IF_ERROR(api::CheckRequestSize(object->ByteSizeLong()));
  return object;
}

// An object that is on its way out still owns its name; upstream says so.
absl::Status ExplainExisting(Registry::State& state, const ResourceDef& def, const api::ObjectKey& key,
                             const absl::Status& status) {
  const absl::StatusOr<api::ObjectPtr> existing = state.objects.Get(def, key);
  if (!existing.ok() || !api::IsBeingDeleted(**existing)) return status;
  k8s::meta::v1::Status explained = api::ToApiStatus(status);
  explained.set_message(absl::StrCat("object is being deleted: ", explained.message()));
  return api::FromApiStatus(explained);
}

// The request of a handler with its body decoded.
absl::StatusOr<Request> WithDecodedBody(const Request& request, const api::GroupVersionKind& kind,
                                        std::vector<std::string>* warnings) {
  ASSIGN_OR_RETURN(std::unique_ptr<api::Object> body, DecodeBody(request, kind, warnings));
  Request decoded = request;
  decoded.object = std::move(body);
  return decoded;
}

}  // namespace

absl::StatusOr<api::ObjectPtr> Registry::Create(const Request& request, std::vector<std::string>* warnings) {
  ASSIGN_OR_RETURN(const ResourceDef* def, state_->Row(request));
  RETURN_IF_ERROR(ValidateWriteOptions(request, "CreateOptions"));
  const auto handler = def->create_subresource.find(request.subresource);
  if (handler != def->create_subresource.end()) {
    const api::SubresourceInfo* subresource = def->info->FindSubresource(request.subresource);
    ASSIGN_OR_RETURN(const Request decoded,
                     WithDecodedBody(request, subresource ? subresource->gvk : def->info->gvk, warnings));
    return handler->second(*this, decoded);
  }
  // Virtual kinds are answered by a handler and never stored.
  const bool stored = request.subresource.empty() && def->info->HasVerb("get");
  if (!stored) return api::MethodNotSupported(*def->info, request.verb);
  ASSIGN_OR_RETURN(const std::unique_ptr<api::Object> body, DecodeBody(request, def->info->gvk, warnings));
  RETURN_IF_ERROR(PlaceObject(*def, request, api::MutableMeta(body.get())));
  const bool generated = api::Meta(*body).name().empty() && !api::Meta(*body).generatename().empty();
  for (int attempt = 1;; ++attempt) {
    ASSIGN_OR_RETURN(std::unique_ptr<api::Object> object,
                     PrepareCreate(*this, *state_, *def, request, api::Clone(*body)));
    const api::ObjectKey key = api::KeyOf(*object);
    if (request.dry_run) {
      if (!state_->objects.Get(*def, key).ok()) return api::ObjectPtr(std::move(object));
      return api::AlreadyExists(*def->info, key.name);
    }
    absl::StatusOr<api::ObjectPtr> created = state_->objects.Create(*def, std::move(object), request);
    if (created.ok() || !api::IsAlreadyExists(created.status())) return created;
    if (!generated) return ExplainExisting(*state_, *def, key, created.status());
    if (attempt == kNameAttempts) return NameNotFree(*def, key.name);
  }
}

}  // namespace kubelite::apiserver
