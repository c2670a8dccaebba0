#pragma once

#include "apiserver/registry/kinds/validation/field_at.h"

namespace k8s::batch::v1 {
class JobSpec;
}

namespace kubelite::apiserver {

// The rules of a job's spec at `at` but for its selector, which the templates of cron jobs do not have.
void ValidateJobSpec(const k8s::batch::v1::JobSpec& spec, const FieldAt& at);
// Of these, when pods count as failed and when the job counts as done early (job_policies.cc).
void ValidateJobPolicies(const k8s::batch::v1::JobSpec& spec, const FieldAt& at);

}  // namespace kubelite::apiserver
