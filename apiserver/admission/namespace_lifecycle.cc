#include "absl/strings/str_cat.h"
#include "apiserver/admission/admission.h"
#include "common/base/status_macros.h"

namespace kubelite::apiserver {
namespace {

constexpr const char* kImmortal[] = {"default", "kube-system", "kube-public"};

absl::Status Terminating(const api::ResourceInfo& info, const std::string& name, const std::string& name_space) {
  return api::WithCause(
      api::Forbidden(
          info, name,
          absl::StrCat("unable to create new content in namespace ", name_space, " because it is being terminated")),
      "NamespaceTerminating", "metadata.namespace", absl::StrCat("namespace ", name_space, " is being terminated"));
}

absl::Status CheckNamespace(Registry& registry, const Request& request, api::Object* object, const api::Object* old) {
  if (request.info == nullptr || !request.info->namespaced || object == nullptr) return absl::OkStatus();
  const ResourceDef* namespaces = registry.Find("", "v1", "namespaces");
  if (namespaces == nullptr) return absl::OkStatus();
  const k8s::meta::v1::ObjectMeta& meta = api::Meta(*object);
  ASSIGN_OR_RETURN(const api::ObjectPtr name_space, registry.Read(*namespaces, {"", meta.namespace_()}));
  if (old == nullptr && api::IsBeingDeleted(*name_space)) {
    return Terminating(*request.info, meta.name(), meta.namespace_());
  }
  return absl::OkStatus();
}

absl::Status CheckDeletion(Registry&, const Request& request, const api::Object* object, const api::Object* old) {
  if (object != nullptr || old == nullptr || request.info == nullptr || request.info->GroupResource() != "namespaces") {
    return absl::OkStatus();
  }
  const std::string& name = api::Meta(*old).name();
  for (const char* immortal : kImmortal) {
    if (name == immortal) return api::Forbidden(*request.info, name, "this namespace may not be deleted");
  }
  return absl::OkStatus();
}

}  // namespace

AdmissionStep NamespaceLifecycle() {
  return {.name = "NamespaceLifecycle", .mutate = CheckNamespace, .validate = CheckDeletion};
}

}  // namespace kubelite::apiserver
