#include <limits>

#include "apiserver/registry/kinds/defaults/kind_defaults.h"
#include "apiserver/registry/kinds/defaults/pod.h"
#include "k8s/batch/v1.pb.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {

using k8s::batch::v1::CronJob;
using k8s::batch::v1::Job;

namespace {

void DefaultFailurePolicy(k8s::batch::v1::PodFailurePolicy* policy) {
  for (auto& rule : *policy->mutable_rules()) {
    for (auto& pattern : *rule.mutable_onpodconditions()) {
      if (pattern.status().empty()) pattern.set_status("True");
    }
  }
}

}  // namespace

void DefaultJob(api::Object* object) {
  auto* job = static_cast<Job*>(object);
  auto* spec = job->mutable_spec();
  if (!spec->has_completions() && !spec->has_parallelism()) {
    spec->set_completions(1);
    spec->set_parallelism(1);
  }
  if (!spec->has_parallelism()) spec->set_parallelism(1);
  if (!spec->has_backofflimit()) {
    spec->set_backofflimit(spec->has_backofflimitperindex() ? std::numeric_limits<int32_t>::max() : 6);
  }
  if (job->metadata().labels().empty()) {
    *job->mutable_metadata()->mutable_labels() = spec->template_().metadata().labels();
  }
  if (spec->completionmode().empty()) spec->set_completionmode("NonIndexed");
  if (!spec->has_suspend()) spec->set_suspend(false);
  if (!spec->has_manualselector()) spec->set_manualselector(false);
  if (spec->podreplacementpolicy().empty()) {
    spec->set_podreplacementpolicy(spec->has_podfailurepolicy() ? "Failed" : "TerminatingOrFailed");
  }
  if (spec->has_podfailurepolicy()) DefaultFailurePolicy(spec->mutable_podfailurepolicy());
  DefaultPodTemplate(spec->mutable_template_());
}

// The template of its jobs gets defaults only as a pod template: upstream's jobs get theirs when they are made.
void DefaultCronJob(api::Object* object) {
  auto* spec = static_cast<CronJob*>(object)->mutable_spec();
  if (spec->concurrencypolicy().empty()) spec->set_concurrencypolicy("Allow");
  if (!spec->has_suspend()) spec->set_suspend(false);
  if (!spec->has_successfuljobshistorylimit()) spec->set_successfuljobshistorylimit(3);
  if (!spec->has_failedjobshistorylimit()) spec->set_failedjobshistorylimit(1);
  DefaultPodTemplate(spec->mutable_jobtemplate()->mutable_spec()->mutable_template_());
}

}  // namespace kubelite::apiserver
