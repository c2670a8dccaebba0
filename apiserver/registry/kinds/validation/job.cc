#include "apiserver/registry/kinds/validation/job.h"

#include "apiserver/registry/kinds/validation/fields.h"
#include "apiserver/registry/kinds/validation/formats.h"
#include "apiserver/registry/kinds/validation/kind_rules.h"
#include "apiserver/registry/kinds/validation/pod.h"
#include "common/api/names.h"
#include "common/api/selectors.h"
#include "k8s/batch/v1.pb.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::batch::v1::Job;
using k8s::batch::v1::JobSpec;
using k8s::core::v1::PodTemplateSpec;

constexpr int kMaxIndexedParallelism = 100000;
constexpr int kMaxManagedBy = 63;

void ValidateIndexed(const JobSpec& spec, const FieldAt& at) {
  if (!spec.has_completions()) at.Field("completions").Required("when completion mode is Indexed");
  if (spec.parallelism() > kMaxIndexedParallelism) {
    at.Field("parallelism")
        .Invalid(spec.parallelism(), "must be less than or equal to 100000 when completion mode is Indexed");
  }
  if (spec.has_maxfailedindexes() && spec.has_completions() && spec.maxfailedindexes() > spec.completions()) {
    at.Field("maxFailedIndexes").Invalid(spec.maxfailedindexes(), "must be less than or equal to completions");
  }
}

void ValidateNonIndexed(const JobSpec& spec, const FieldAt& at) {
  constexpr char kIndexed[] = "requires indexed completion mode";
  if (spec.has_backofflimitperindex()) at.Field("backoffLimitPerIndex").Invalid(spec.backofflimitperindex(), kIndexed);
  if (spec.has_maxfailedindexes()) at.Field("maxFailedIndexes").Invalid(spec.maxfailedindexes(), kIndexed);
  if (spec.has_successpolicy()) at.Field("successPolicy").Invalid(spec.successpolicy(), kIndexed);
}

void ValidateRestartPolicy(const JobSpec& spec, const FieldAt& at) {
  const std::string& policy = spec.template_().spec().restartpolicy();
  if (policy == "Always" || policy.empty()) {
    at.Required("valid values: \"OnFailure\", \"Never\"");
  } else if (policy != "OnFailure" && policy != "Never") {
    at.NotSupported(policy, {"OnFailure", "Never"});
  } else if (spec.has_podfailurepolicy() && policy != "Never") {
    at.Invalid(policy, "only \"Never\" is supported when podFailurePolicy is specified");
  }
}

void ValidateSelector(const Job& job, FieldErrors* errors) {
  const JobSpec& spec = job.spec();
  const FieldAt at("spec", errors);
  if (!spec.has_selector()) return at.Field("selector").Required();
  ValidateLabelSelector(spec.selector(), "spec.selector", errors);
  const auto& labels = spec.template_().metadata().labels();
  const auto selector = api::LabelSelector::From(spec.selector());
  if (selector.ok() && !selector->Matches(labels)) {
    at.Field("template.metadata.labels").Invalid(labels, "`selector` does not match template `labels`");
  }
  if (spec.manualselector()) return;
  const auto expect = [&](const char* key, const std::string& value) {
    const FieldAt label = at.Field("template.metadata.labels");
    const auto found = labels.find(key);
    if (found == labels.end()) {
      label.Key(key).Required(absl::StrCat("must be '", value, "'"));
    } else if (found->second != value) {
      label.Key(key).Invalid(labels, absl::StrCat("must be '", value, "'"));
    }
  };
  expect("batch.kubernetes.io/controller-uid", job.metadata().uid());
  expect("batch.kubernetes.io/job-name", job.metadata().name());
  const auto generated = spec.selector().matchlabels().find("batch.kubernetes.io/controller-uid");
  const auto legacy = spec.selector().matchlabels().find("controller-uid");
  const auto& found = generated != spec.selector().matchlabels().end() ? generated : legacy;
  if (found == spec.selector().matchlabels().end() || found->second != job.metadata().uid()) {
    at.Field("selector").Invalid(spec.selector(), "`selector` not auto-generated");
  }
}

// A suspended job that never started may still be told where its pods go.
void TakeSchedulingDirectives(const PodTemplateSpec& from, PodTemplateSpec* pod_template) {
  auto* spec = pod_template->mutable_spec();
  if (from.spec().affinity().has_nodeaffinity()) {
    *spec->mutable_affinity()->mutable_nodeaffinity() = from.spec().affinity().nodeaffinity();
  } else if (spec->has_affinity()) {
    spec->mutable_affinity()->clear_nodeaffinity();
    if (!from.spec().has_affinity()) spec->clear_affinity();
  }
  *spec->mutable_nodeselector() = from.spec().nodeselector();
  *spec->mutable_tolerations() = from.spec().tolerations();
  *spec->mutable_schedulinggates() = from.spec().schedulinggates();
  *pod_template->mutable_metadata()->mutable_annotations() = from.metadata().annotations();
  *pod_template->mutable_metadata()->mutable_labels() = from.metadata().labels();
}

void ValidateTemplateUpdate(const Job& job, const Job& before, const FieldAt& at) {
  PodTemplateSpec allowed = before.spec().template_();
  if (before.spec().suspend() && !before.status().has_starttime()) {
    TakeSchedulingDirectives(job.spec().template_(), &allowed);
  }
  if (!SameMessage(allowed, job.spec().template_())) at.Invalid(job.spec().template_(), "field is immutable");
}

void ValidateCompletionsUpdate(const JobSpec& spec, const JobSpec& before, const FieldAt& at) {
  const bool same = spec.has_completions() == before.has_completions() && spec.completions() == before.completions();
  if (same) return;
  if (spec.completionmode() != "Indexed") return at.Invalid(spec.completions(), "field is immutable");
  if (spec.completions() != spec.parallelism()) {
    at.Invalid(spec.completions(), "can only be modified in tandem with spec.parallelism");
  }
}

}  // namespace

void ValidateJobSpec(const JobSpec& spec, const FieldAt& at) {
  at.Field("parallelism").NonNegative(spec.parallelism());
  at.Field("completions").NonNegative(spec.completions());
  at.Field("activeDeadlineSeconds").NonNegative(spec.activedeadlineseconds());
  at.Field("backoffLimit").NonNegative(spec.backofflimit());
  at.Field("ttlSecondsAfterFinished").NonNegative(spec.ttlsecondsafterfinished());
  at.Field("backoffLimitPerIndex").NonNegative(spec.backofflimitperindex());
  at.Field("maxFailedIndexes").NonNegative(spec.maxfailedindexes());
  if (spec.has_maxfailedindexes() && !spec.has_backofflimitperindex()) {
    at.Field("backoffLimitPerIndex").Required("when maxFailedIndexes is specified");
  }
  if (!spec.managedby().empty()) {
    at.Field("managedBy").Matches(spec.managedby(), ValidateDomainPrefixedPath);
    if (spec.managedby().size() > kMaxManagedBy) at.Field("managedBy").TooLong(kMaxManagedBy);
  }
  at.Field("completionMode").OneOf(spec.completionmode(), {"NonIndexed", "Indexed"});
  if (spec.completionmode() == "Indexed") ValidateIndexed(spec, at);
  if (spec.completionmode() == "NonIndexed") ValidateNonIndexed(spec, at);
  ValidateJobPolicies(spec, at);
  ValidatePodTemplate(spec.template_(), at.Field("template").path(), at.errors());
  ValidateRestartPolicy(spec, at.Field("template.spec.restartPolicy"));
}

void ValidateJob(const Object& object, FieldErrors* errors) {
  const auto& job = static_cast<const Job&>(object);
  ValidateJobSpec(job.spec(), FieldAt("spec", errors));
  ValidateSelector(job, errors);
  if (job.spec().completionmode() != "Indexed" || job.spec().completions() <= 0) return;
  const std::string last = absl::StrCat(job.metadata().name(), "-", job.spec().completions() - 1);
  if (!api::ValidateDns1123Label(last).empty()) {
    FieldAt("metadata.name", errors)
        .Invalid(job.metadata().name(), absl::StrCat("will not able to create pod with invalid DNS label: ", last));
  }
}

void ValidateJobUpdate(const Object& object, const Object& old, FieldErrors* errors) {
  const auto& job = static_cast<const Job&>(object);
  const auto& before = static_cast<const Job&>(old);
  const FieldAt at("spec", errors);
  ValidateCompletionsUpdate(job.spec(), before.spec(), at.Field("completions"));
  at.Field("selector").Immutable(job.spec().selector(), before.spec().selector());
  ValidateTemplateUpdate(job, before, at.Field("template"));
  at.Field("completionMode").Immutable(job.spec().completionmode(), before.spec().completionmode());
  at.Field("podFailurePolicy").Immutable(job.spec().podfailurepolicy(), before.spec().podfailurepolicy());
  at.Field("backoffLimitPerIndex").Immutable(job.spec().backofflimitperindex(), before.spec().backofflimitperindex());
  at.Field("managedBy").Immutable(job.spec().managedby(), before.spec().managedby());
  at.Field("successPolicy").Immutable(job.spec().successpolicy(), before.spec().successpolicy());
}

}  // namespace kubelite::apiserver
