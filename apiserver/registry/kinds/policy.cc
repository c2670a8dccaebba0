// ResourceQuota, LimitRange, HorizontalPodAutoscaler, PodDisruptionBudget, PriorityClass, RuntimeClass.

#include "apiserver/registry/kinds/columns/kind_columns.h"
#include "apiserver/registry/kinds/defaults/kind_defaults.h"
#include "apiserver/registry/kinds/kinds.h"
#include "apiserver/registry/kinds/validation/kind_rules.h"
#include "k8s/autoscaling/v2.pb.h"
#include "k8s/core/v1.pb.h"
#include "k8s/node/v1.pb.h"
#include "k8s/policy/v1.pb.h"
#include "k8s/scheduling/v1.pb.h"

namespace kubelite::apiserver {

std::vector<ResourceDef> PolicyResources() {
  return {
      {.info = &api::ResourceOf<k8s::core::v1::ResourceQuota>(),
       .validate = ValidateResourceQuota,
       .validate_update = ValidateResourceQuotaUpdate,
       .columns = ResourceQuotaColumns()},
      {.info = &api::ResourceOf<k8s::core::v1::LimitRange>(),
       .set_defaults = DefaultLimitRange,
       .validate = ValidateLimitRange},
      {.info = &api::ResourceOf<k8s::autoscaling::v2::HorizontalPodAutoscaler>(),
       .set_defaults = DefaultAutoscaler,
       .validate = ValidateAutoscaler,
       .columns = AutoscalerColumns()},
      {.info = &api::ResourceOf<k8s::policy::v1::PodDisruptionBudget>(),
       .validate = ValidateDisruptionBudget,
       .columns = DisruptionBudgetColumns()},
      {.info = &api::ResourceOf<k8s::scheduling::v1::PriorityClass>(),
       .set_defaults = DefaultPriorityClass,
       .validate = ValidatePriorityClass,
       .validate_update = ValidatePriorityClassUpdate,
       .columns = PriorityClassColumns()},
      {.info = &api::ResourceOf<k8s::node::v1::RuntimeClass>(),
       .validate = ValidateRuntimeClass,
       .validate_update = ValidateRuntimeClassUpdate,
       .columns = RuntimeClassColumns()},
  };
}

}  // namespace kubelite::apiserver
