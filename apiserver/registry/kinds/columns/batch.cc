#include "absl/strings/str_cat.h"
#include "apiserver/registry/kinds/columns/kind_columns.h"
#include "common/api/time.h"
#include "k8s/batch/v1.pb.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::batch::v1::CronJob;
using k8s::batch::v1::Job;

bool Holds(const Job& job, absl::string_view type) {
  for (const auto& condition : job.status().conditions()) {
    if (absl::string_view(condition.type()) == type) return condition.status() == "True";
  }
  return false;
}

std::string JobStatus(const Job& job) {
  for (const char* ended : {"Complete", "Failed"}) {
    if (Holds(job, ended)) return ended;
  }
  if (job.metadata().has_deletiontimestamp()) return "Terminating";
  for (const char* state : {"Suspended", "FailureTarget", "SuccessCriteriaMet"}) {
    if (Holds(job, state)) return state;
  }
  return "Running";
}

std::string Completions(const Job& job) {
  const int succeeded = job.status().succeeded();
  if (job.spec().has_completions()) return absl::StrCat(succeeded, "/", job.spec().completions());
  if (job.spec().parallelism() > 1) return absl::StrCat(succeeded, "/1 of ", job.spec().parallelism());
  return absl::StrCat(succeeded, "/1");
}

std::string JobDuration(const Job& job, absl::Time now) {
  if (!job.status().has_starttime()) return "";
  const absl::Time end = job.status().has_completiontime() ? api::FromProto(job.status().completiontime()) : now;
  return api::FormatAgeOf(end - api::FromProto(job.status().starttime()));
}

const k8s::core::v1::PodTemplateSpec& Template(const CronJob& job) {
  return job.spec().jobtemplate().spec().template_();
}

}  // namespace

Columns JobColumns() {
  Columns columns =
      WithTemplateColumns<Job>({NameColumn(), Text<Job>("Status", JobStatus), Text<Job>("Completions", Completions),
                                Column<Job>("Duration", "string", 0, JobDuration), AgeColumn()});
  columns.push_back(Wide<Job>("Selector", [](const Job& j) { return OrNone(SelectorText(j.spec().selector())); }));
  return columns;
}

Columns CronJobColumns() {
  const auto suspended = [](const CronJob& job) -> std::string {
    if (!job.spec().has_suspend()) return "<unset>";
    return job.spec().suspend() ? "True" : "False";
  };
  TableColumn suspend = Text<CronJob>("Suspend", suspended);
  suspend.type = "boolean";
  return {NameColumn(),
          Text<CronJob>("Schedule", [](const CronJob& j) { return j.spec().schedule(); }),
          Text<CronJob>("Timezone", [](const CronJob& j) { return OrNone(j.spec().timezone()); }),
          std::move(suspend),
          Number<CronJob>("Active", [](const CronJob& j) -> int64_t { return j.status().active_size(); }),
          Column<CronJob>("Last Schedule", "string", 0,
                          [](const CronJob& j, absl::Time now) {
                            if (!j.status().has_lastscheduletime()) return std::string("<none>");
                            return api::FormatAge(api::FromProto(j.status().lastscheduletime()), now);
                          }),
          AgeColumn(),
          Wide<CronJob>("Containers", [](const CronJob& j) { return ContainerNames(Template(j)); }),
          Wide<CronJob>("Images", [](const CronJob& j) { return ContainerImages(Template(j)); }),
          Wide<CronJob>("Selector", [](const CronJob& j) {
            return OrNone(SelectorText(j.spec().jobtemplate().spec().selector()));
          })};
}

}  // namespace kubelite::apiserver
