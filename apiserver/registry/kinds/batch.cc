// Job, CronJob.

#include "absl/strings/str_cat.h"
#include "apiserver/registry/kinds/columns/kind_columns.h"
#include "apiserver/registry/kinds/defaults/kind_defaults.h"
#include "apiserver/registry/kinds/kinds.h"
#include "apiserver/registry/kinds/validation/kind_rules.h"
#include "k8s/batch/v1.pb.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::batch::v1::CronJob;
using k8s::batch::v1::Job;

constexpr char kUidLabel[] = "batch.kubernetes.io/controller-uid";

// A job selects its pods by its uid, so that no two jobs share pods. Labels that the client gave are left alone:
// validation refuses them. Upstream: pkg/registry/batch/job generateSelector.
void GenerateSelector(api::Object* object, const WriteContext&) {
  Job* job = static_cast<Job*>(object);
  if (job->spec().manualselector()) return;
  const std::string& name = job->metadata().name();
  const std::string& uid = job->metadata().uid();
  auto* labels = job->mutable_spec()->mutable_template_()->mutable_metadata()->mutable_labels();
  labels->insert({"job-name", name});
  labels->insert({"batch.kubernetes.io/job-name", name});
  labels->insert({"controller-uid", uid});
  labels->insert({kUidLabel, uid});
  job->mutable_spec()->mutable_selector()->mutable_matchlabels()->insert({kUidLabel, uid});
  // As the defaults do from now on, so that the object is the same whenever it is read.
  if (job->metadata().labels().empty()) *job->mutable_metadata()->mutable_labels() = *labels;
}

std::string SelectableJobField(const api::Object& object, const std::string& field) {
  return field == "status.successful" ? absl::StrCat(static_cast<const Job&>(object).status().succeeded()) : "";
}

}  // namespace

std::vector<ResourceDef> BatchResources() {
  return {
      {.info = &api::ResourceOf<Job>(),
       .set_defaults = DefaultJob,
       .prepare_create = GenerateSelector,
       .validate = ValidateJob,
       .validate_update = ValidateJobUpdate,
       .selectable_field = SelectableJobField,
       .columns = JobColumns()},
      {.info = &api::ResourceOf<CronJob>(),
       .set_defaults = DefaultCronJob,
       .validate = ValidateCronJob,
       .columns = CronJobColumns()},
  };
}

}  // namespace kubelite::apiserver
