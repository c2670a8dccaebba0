#include "apiserver/registry/verbs_apply.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "apiserver/registry/field_manager.h"
#include "apiserver/registry/update_steps.h"
#include "common/api/errors.h"
#include "common/api/json.h"
#include "common/api/json_tree.h"
#include "common/base/status_macros.h"

namespace kubelite::apiserver {
namespace {

// Somebody creates and deletes the object as fast as we look; a client may try again.
constexpr int kMaxAttempts = 5;

absl::Status MayNotCreate(const Request& request) {
  return api::ForbiddenAccess({.user = request.user.name,
                               .verb = "create",
                               .group = request.group,
                               .resource = request.resource,
                               .subresource = "",
                               .name_space = request.name_space,
                               .name = request.name,
                               .reason = ""});
}

absl::StatusOr<api::ObjectPtr> CreateByApply(Registry& registry, Registry::State& state, const ResourceDef& def,
                                             const Request& request, std::vector<std::string>* warnings) {
  ASSIGN_OR_RETURN(std::unique_ptr<api::Object> object, ApplyBody(def, request, nullptr, state.Now(), warnings));
  const k8s::meta::v1::ObjectMeta& meta = api::Meta(*object);
  if (!meta.uid().empty()) {
    return api::Conflict(*def.info, request.name,
                         absl::StrCat("uid mismatch: the provided object specified uid ", meta.uid(),
                                      ", and no existing object was found"));
  }
  if (!meta.resourceversion().empty()) return api::NotFound(*def.info, request.name);
  if (meta.name() != request.name) {
    return api::BadRequest(absl::StrCat("the name of the object (", meta.name(),
                                        ") does not match the name on the URL (", request.name, ")"));
  }
  if (!request.may_create) return MayNotCreate(request);
  Request create = request;
  create.verb = "create";
  create.object = std::move(object);
  absl::StatusOr<api::ObjectPtr> created = registry.Create(create, warnings);
  if (created.ok() && request.created != nullptr) *request.created = true;
  return created;
}

// Who may scale may not write the rest of the object.
absl::Status OnlyMembers(const api::JsonTree& tree, absl::string_view path, const std::set<absl::string_view>& known) {
  for (const auto& [name, value] : tree.members) {
    if (known.count(name) == 0) return api::BadRequest(absl::StrCat("a Scale has no field \"", path, name, "\""));
  }
  return absl::OkStatus();
}

// Replicas are the parent's, and so is their owner: an apply of the scale is one of that field of the parent.
absl::StatusOr<Request> OfParent(const ResourceDef& def, const Request& request) {
  absl::StatusOr<api::JsonTree> body = api::JsonTree::Parse(request.body_json);
  if (!body.ok()) return api::BadRequest(absl::StrCat("error decoding YAML: ", body.status().message()));
  const api::GroupVersionKind& kind = def.info->FindSubresource("scale")->gvk;
  const api::JsonTree* api_version = body->Find("apiVersion");
  const api::JsonTree* name = body->Find("kind");
  if (api_version == nullptr || api_version->Text() != kind.ApiVersion() || name == nullptr ||
      name->Text() != kind.kind) {
    return api::BadRequest(absl::StrCat("invalid object type: the body must be a ", kind.ApiVersion(), " ", kind.kind));
  }
  Request parent = request;
  RETURN_IF_ERROR(OnlyMembers(*body, "", {"apiVersion", "kind", "metadata", "spec", "status"}));
  if (const api::JsonTree* meta = body->Find("metadata")) {
    RETURN_IF_ERROR(
        OnlyMembers(*meta, "metadata.", {"name", "namespace", "uid", "resourceVersion", "creationTimestamp"}));
  }
  if (const api::JsonTree* spec = body->Find("spec")) RETURN_IF_ERROR(OnlyMembers(*spec, "spec.", {"replicas"}));
  body->Erase("status");
  body->Set("apiVersion", api::JsonTree::String(def.info->gvk.ApiVersion()));
  body->Set("kind", api::JsonTree::String(def.info->gvk.kind));
  parent.body_json = body->ToJson();
  return parent;
}

absl::StatusOr<api::ObjectPtr> UpdateByApply(Registry& registry, Registry::State& state, const ResourceDef& def,
                                             const Request& request, std::vector<std::string>* warnings) {
  const auto change = [&](const api::Object& stored) -> absl::StatusOr<std::unique_ptr<api::Object>> {
    if (warnings != nullptr) warnings->clear();  // of the attempt before
    ASSIGN_OR_RETURN(std::unique_ptr<api::Object> applied, ApplyBody(def, request, &stored, state.Now(), warnings));
    RETURN_IF_ERROR(CheckPatched(def, *applied, stored));
    return applied;
  };
  return RunUpdate(registry, state,
                   {.def = def, .key = {request.name_space, request.name}, .request = request, .change = change});
}

}  // namespace

absl::StatusOr<api::ObjectPtr> RunApply(Registry& registry, Registry::State& state, const ResourceDef& def,
                                        const Request& request, std::vector<std::string>* warnings) {
  if (request.subresource == "scale") {
    ASSIGN_OR_RETURN(const Request parent, OfParent(def, request));
    RETURN_IF_ERROR(UpdateByApply(registry, state, def, parent, warnings).status());
    Request get = request;
    get.verb = "get";
    return registry.Get(get);
  }
  for (int attempt = 1;; ++attempt) {
    absl::StatusOr<api::ObjectPtr> updated = UpdateByApply(registry, state, def, request, warnings);
    if (updated.ok() || !api::IsNotFound(updated.status()) || !request.subresource.empty()) return updated;
    absl::StatusOr<api::ObjectPtr> created = CreateByApply(registry, state, def, request, warnings);
    if (created.ok() || !api::IsAlreadyExists(created.status()) || attempt == kMaxAttempts) return created;
  }
}

}  // namespace kubelite::apiserver
