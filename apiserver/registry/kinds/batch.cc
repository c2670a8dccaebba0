// Job, CronJob.

#include "apiserver/registry/kinds/columns/kind_columns.h"
#include "apiserver/registry/kinds/defaults/kind_defaults.h"
#include "apiserver/registry/kinds/kinds.h"
#include "k8s/batch/v1.pb.h"

namespace kubelite::apiserver {

std::vector<ResourceDef> BatchResources() {
  return {
      {.info = &api::ResourceOf<k8s::batch::v1::Job>(), .set_defaults = DefaultJob, .columns = JobColumns()},
      {.info = &api::ResourceOf<k8s::batch::v1::CronJob>(),
       .set_defaults = DefaultCronJob,
       .columns = CronJobColumns()},
  };
}

}  // namespace kubelite::apiserver
