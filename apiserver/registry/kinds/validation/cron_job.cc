#include "absl/strings/match.h"
#include "absl/time/time.h"
#include "apiserver/registry/kinds/validation/cron_schedule.h"
#include "apiserver/registry/kinds/validation/job.h"
#include "apiserver/registry/kinds/validation/kind_rules.h"
#include "common/api/names.h"
#include "k8s/batch/v1.pb.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::batch::v1::CronJob;
using k8s::batch::v1::CronJobSpec;

// Its jobs are called by its name, a '-' and ten digits.
constexpr size_t kMaxName = 52;

void ValidateTimeZone(const CronJobSpec& spec, const FieldAt& at) {
  if (!spec.has_timezone()) return;
  const std::string& zone = spec.timezone();
  absl::TimeZone loaded;
  if (zone.empty()) {
    at.Invalid(zone, "timeZone must be nil or non-empty string");
  } else if (absl::EqualsIgnoreCase(zone, "Local")) {
    at.Invalid(zone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
  } else if (absl::StartsWith(zone, "/") || absl::StrContains(zone, "..") || !absl::LoadTimeZone(zone, &loaded)) {
    at.Invalid(zone, absl::StrCat("unknown time zone ", zone));
  }
}

void ValidateSchedule(const CronJobSpec& spec, const FieldAt& at) {
  const std::string& schedule = spec.schedule();
  if (!at.Present(schedule)) return;
  if (absl::StrContains(schedule, "TZ")) {
    return at.Invalid(schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
  }
  if (const absl::Status status = CheckCronSchedule(schedule); !status.ok()) at.Invalid(schedule, status.message());
}

}  // namespace

void ValidateCronJob(const Object& object, FieldErrors* errors) {
  const auto& job = static_cast<const CronJob&>(object);
  const CronJobSpec& spec = job.spec();
  const FieldAt at("spec", errors);
  ValidateSchedule(spec, at.Field("schedule"));
  ValidateTimeZone(spec, at.Field("timeZone"));
  at.Field("startingDeadlineSeconds").NonNegative(spec.startingdeadlineseconds());
  at.Field("concurrencyPolicy").PresentAndOneOf(spec.concurrencypolicy(), {"Allow", "Forbid", "Replace"});
  const FieldAt template_at = at.Field("jobTemplate.spec");
  const auto& job_spec = spec.jobtemplate().spec();
  ValidateJobSpec(job_spec, template_at);
  if (job_spec.has_selector()) {
    template_at.Field("selector").Invalid(job_spec.selector(), "`selector` will be auto-generated");
  }
  if (job_spec.manualselector()) template_at.Field("manualSelector").NotSupported("true", {"nil", "false"});
  at.Field("successfulJobsHistoryLimit").NonNegative(spec.successfuljobshistorylimit());
  at.Field("failedJobsHistoryLimit").NonNegative(spec.failedjobshistorylimit());
  if (job.metadata().name().size() > kMaxName) {
    FieldAt("metadata.name", errors).Invalid(job.metadata().name(), "must be no more than 52 characters");
  }
}

}  // namespace kubelite::apiserver
