// rbac.authorization.k8s.io and CertificateSigningRequest.

#include "apiserver/registry/kinds/columns/kind_columns.h"
#include "apiserver/registry/kinds/defaults/kind_defaults.h"
#include "apiserver/registry/kinds/kinds.h"
#include "apiserver/registry/kinds/validation/kind_rules.h"
#include "apiserver/registry/registry.h"
#include "common/api/time.h"
#include "common/base/status_macros.h"
#include "k8s/certificates/v1.pb.h"
#include "k8s/rbac/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::certificates::v1::CertificateSigningRequest;

// Roles and bindings are called as their users like ("system:node"): what a path can hold, which is checked for all.
std::vector<std::string> AnyPathSegment(absl::string_view) { return {}; }

// Who asks is the server's to say: signers decide by it.
void NoteRequestor(api::Object* object, const WriteContext& context) {
  auto* spec = static_cast<CertificateSigningRequest*>(object)->mutable_spec();
  spec->set_username(context.request.user.name);
  spec->clear_uid();
  spec->clear_extra();
  spec->mutable_groups()->Assign(context.request.user.groups.begin(), context.request.user.groups.end());
}

// What was asked for never changes, whatever an update says.
void KeepRequest(api::Object* object, const api::Object& old, const WriteContext&) {
  *static_cast<CertificateSigningRequest*>(object)->mutable_spec() =
      static_cast<const CertificateSigningRequest&>(old).spec();
}

// PUT certificatesigningrequests/x/approval replaces the conditions.
absl::StatusOr<api::ObjectPtr> Approve(Registry& registry, const Request& request) {
  const ResourceDef& def = *registry.Find(request.group, request.version, request.resource);
  if (request.object == nullptr || request.object->GetDescriptor() != CertificateSigningRequest::descriptor()) {
    return api::BadRequest("certificatesigningrequests/approval expects a CertificateSigningRequest");
  }
  const auto& wanted = static_cast<const CertificateSigningRequest&>(*request.object);
  return registry.GuaranteedUpdate(def, {"", request.name}, request, [&](api::Object* object) -> absl::Status {
    auto* stored = static_cast<CertificateSigningRequest*>(object);
    const std::string& expected = wanted.metadata().resourceversion();
    if (!expected.empty() && expected != stored->metadata().resourceversion()) {
      return api::Conflict(*def.info, request.name);
    }
    *stored->mutable_status()->mutable_conditions() = wanted.status().conditions();
    for (auto& condition : *stored->mutable_status()->mutable_conditions()) {
      if (!condition.has_lasttransitiontime()) {
        api::ToProto(registry.clock().Now(), condition.mutable_lasttransitiontime());
      }
    }
    FieldErrors errors;
    ValidateCertificateApproval(*stored, &errors);
    return errors.empty() ? absl::OkStatus() : api::Invalid(*def.info, request.name, errors);
  });
}

}  // namespace

std::vector<ResourceDef> RbacResources() {
  return {
      {.info = &api::ResourceOf<k8s::rbac::v1::Role>(), .validate = ValidateRole, .validate_name = AnyPathSegment},
      {.info = &api::ResourceOf<k8s::rbac::v1::ClusterRole>(),
       .validate = ValidateClusterRole,
       .validate_name = AnyPathSegment},
      {.info = &api::ResourceOf<k8s::rbac::v1::RoleBinding>(),
       .set_defaults = DefaultRoleBinding,
       .validate = ValidateRoleBinding,
       .validate_update = ValidateRoleBindingUpdate,
       .validate_name = AnyPathSegment,
       .columns = RoleBindingColumns()},
      {.info = &api::ResourceOf<k8s::rbac::v1::ClusterRoleBinding>(),
       .set_defaults = DefaultClusterRoleBinding,
       .validate = ValidateClusterRoleBinding,
       .validate_update = ValidateClusterRoleBindingUpdate,
       .validate_name = AnyPathSegment,
       .columns = ClusterRoleBindingColumns()},
      {.info = &api::ResourceOf<CertificateSigningRequest>(),
       .prepare_create = NoteRequestor,
       .prepare_update = KeepRequest,
       .validate = ValidateCertificateRequest,
       .validate_status_update = ValidateCertificateRequestStatus,
       .validate_name = AnyPathSegment,
       .columns = CertificateRequestColumns(),
       .update_subresource = {{"approval", Approve}}},
  };
}

}  // namespace kubelite::apiserver
