// CustomResourceDefinition, APIService, FlowSchema, PriorityLevelConfiguration.

#include "apiserver/registry/kinds/columns/kind_columns.h"
#include "apiserver/registry/kinds/defaults/kind_defaults.h"
#include "apiserver/registry/kinds/kinds.h"
#include "apiserver/registry/kinds/validation/kind_rules.h"
#include "common/api/time.h"
#include "k8s/apiextensions/v1.pb.h"
#include "k8s/apiregistration/v1.pb.h"
#include "k8s/flowcontrol/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::apiregistration::v1::APIService;

// "v1." is the legacy group: a name that is no subdomain. The rules of the kind say what it must be.
std::vector<std::string> AnyPathSegment(absl::string_view) { return {}; }

// What this server serves itself is available.
void NoteLocal(api::Object* object, const WriteContext& context) {
  auto* service = static_cast<APIService*>(object);
  if (service->spec().has_service()) return;
  auto* condition = service->mutable_status()->add_conditions();
  condition->set_type("Available");
  condition->set_status("True");
  condition->set_reason("Local");
  condition->set_message("Local APIServices are always available");
  api::ToProto(context.now, condition->mutable_lasttransitiontime());
}

}  // namespace

std::vector<ResourceDef> ExtensionResources() {
  return {
      {.info = &api::ResourceOf<k8s::apiextensions::v1::CustomResourceDefinition>(),
       .set_defaults = DefaultCustomResourceDefinition,
       .validate = ValidateCustomResourceDefinition,
       .validate_update = ValidateCustomResourceDefinitionUpdate},
      {.info = &api::ResourceOf<APIService>(),
       .set_defaults = DefaultApiService,
       .prepare_create = NoteLocal,
       .validate = ValidateApiService,
       .validate_name = AnyPathSegment,
       .columns = ApiServiceColumns()},
      {.info = &api::ResourceOf<k8s::flowcontrol::v1::FlowSchema>(),
       .set_defaults = DefaultFlowSchema,
       .columns = FlowSchemaColumns()},
      {.info = &api::ResourceOf<k8s::flowcontrol::v1::PriorityLevelConfiguration>(),
       .set_defaults = DefaultPriorityLevel,
       .columns = PriorityLevelColumns()},
  };
}

}  // namespace kubelite::apiserver
