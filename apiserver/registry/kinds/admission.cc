// admissionregistration.k8s.io.

#include "apiserver/registry/kinds/columns/kind_columns.h"
#include "apiserver/registry/kinds/defaults/kind_defaults.h"
#include "apiserver/registry/kinds/kinds.h"
#include "apiserver/registry/kinds/validation/kind_rules.h"
#include "k8s/admissionregistration/v1.pb.h"

namespace kubelite::apiserver {

std::vector<ResourceDef> AdmissionResources() {
  return {
      {.info = &api::ResourceOf<k8s::admissionregistration::v1::MutatingWebhookConfiguration>(),
       .set_defaults = DefaultMutatingWebhooks,
       .validate = ValidateMutatingWebhooks,
       .columns = MutatingWebhookColumns()},
      {.info = &api::ResourceOf<k8s::admissionregistration::v1::ValidatingWebhookConfiguration>(),
       .set_defaults = DefaultValidatingWebhooks,
       .validate = ValidateValidatingWebhooks,
       .columns = ValidatingWebhookColumns()},
      {.info = &api::ResourceOf<k8s::admissionregistration::v1::ValidatingAdmissionPolicy>(),
       .set_defaults = DefaultValidatingPolicy,
       .validate = ValidateValidatingPolicy,
       .columns = ValidatingPolicyColumns()},
      {.info = &api::ResourceOf<k8s::admissionregistration::v1::ValidatingAdmissionPolicyBinding>(),
       .set_defaults = DefaultValidatingPolicyBinding,
       .validate = ValidateValidatingPolicyBinding,
       .columns = ValidatingPolicyBindingColumns()},
      {.info = &api::ResourceOf<k8s::admissionregistration::v1::MutatingAdmissionPolicy>(),
       .set_defaults = DefaultMutatingPolicy,
       .columns = MutatingPolicyColumns()},
      {.info = &api::ResourceOf<k8s::admissionregistration::v1::MutatingAdmissionPolicyBinding>(),
       .set_defaults = DefaultMutatingPolicyBinding,
       .columns = MutatingPolicyBindingColumns()},
  };
}

}  // namespace kubelite::apiserver
