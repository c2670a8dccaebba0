// CustomResourceDefinition, APIService, FlowSchema, PriorityLevelConfiguration.

#include "apiserver/registry/kinds/columns/kind_columns.h"
#include "apiserver/registry/kinds/defaults/kind_defaults.h"
#include "apiserver/registry/kinds/kinds.h"
#include "k8s/apiextensions/v1.pb.h"
#include "k8s/apiregistration/v1.pb.h"
#include "k8s/flowcontrol/v1.pb.h"

namespace kubelite::apiserver {

std::vector<ResourceDef> ExtensionResources() {
  return {
      {.info = &api::ResourceOf<k8s::apiextensions::v1::CustomResourceDefinition>(),
       .set_defaults = DefaultCustomResourceDefinition},
      {.info = &api::ResourceOf<k8s::apiregistration::v1::APIService>(),
       .set_defaults = DefaultApiService,
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
