#include "apiserver/registry/kinds/scale.h"

#include "apiserver/registry/kinds/validation/fields.h"
#include "apiserver/registry/registry.h"
#include "common/base/status_macros.h"
#include "k8s/autoscaling/v1.pb.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::autoscaling::v1::Scale;

api::ObjectPtr MakeScale(const api::Object& object, const ScaleAccess& access) {
  auto scale = std::make_shared<Scale>();
  const auto& meta = api::Meta(object);
  scale->mutable_metadata()->set_name(meta.name());
  scale->mutable_metadata()->set_namespace_(meta.namespace_());
  scale->mutable_metadata()->set_uid(meta.uid());
  scale->mutable_metadata()->set_resourceversion(meta.resourceversion());
  *scale->mutable_metadata()->mutable_creationtimestamp() = meta.creationtimestamp();
  scale->mutable_spec()->set_replicas(access.spec_replicas(object));
  scale->mutable_status()->set_replicas(access.status_replicas(object));
  scale->mutable_status()->set_selector(access.selector(object));
  return scale;
}

absl::StatusOr<api::ObjectPtr> UpdateScale(Registry& registry, const Request& request, const ScaleAccess& access) {
  const ResourceDef& def = *registry.Find(request.group, request.version, request.resource);
  if (request.object == nullptr || request.object->GetDescriptor() != Scale::descriptor()) {
    return api::BadRequest("the scale subresource expects an autoscaling/v1 Scale");
  }
  const Scale& scale = static_cast<const Scale&>(*request.object);
  FieldErrors errors;
  RequireNonNegative(scale.spec().replicas(), "spec.replicas", &errors);
  if (!errors.empty()) return api::Invalid(*def.info, request.name, errors);
  ASSIGN_OR_RETURN(const api::ObjectPtr updated,
                   registry.GuaranteedUpdate(
                       def, {request.name_space, request.name}, request, [&](api::Object* object) -> absl::Status {
                         const std::string& expected = scale.metadata().resourceversion();
                         if (!expected.empty() && expected != api::Meta(*object).resourceversion()) {
                           return api::Conflict(*def.info, request.name);
                         }
                         if (access.spec_replicas(*object) == scale.spec().replicas()) return absl::OkStatus();
                         access.set_replicas(object, scale.spec().replicas());
                         auto* meta = api::MutableMeta(object);
                         meta->set_generation(meta->generation() + 1);
                         return absl::OkStatus();
                       }));
  return MakeScale(*updated, access);
}

}  // namespace

void AddScale(ResourceDef* def, ScaleAccess access) {
  def->get_subresource["scale"] = [access](Registry& registry,
                                           const Request& request) -> absl::StatusOr<api::ObjectPtr> {
    const ResourceDef& def = *registry.Find(request.group, request.version, request.resource);
    ASSIGN_OR_RETURN(const api::ObjectPtr object, registry.Read(def, {request.name_space, request.name}));
    return MakeScale(*object, access);
  };
  def->update_subresource["scale"] = [access](Registry& registry, const Request& request) {
    return UpdateScale(registry, request, access);
  };
}

}  // namespace kubelite::apiserver
