#include "apiserver/registry/kinds/defaults/kind_defaults.h"
#include "k8s/admissionregistration/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::admissionregistration::v1::MatchResources;
using k8s::admissionregistration::v1::MutatingAdmissionPolicy;
using k8s::admissionregistration::v1::MutatingAdmissionPolicyBinding;
using k8s::admissionregistration::v1::MutatingWebhookConfiguration;
using k8s::admissionregistration::v1::Rule;
using k8s::admissionregistration::v1::ValidatingAdmissionPolicy;
using k8s::admissionregistration::v1::ValidatingAdmissionPolicyBinding;
using k8s::admissionregistration::v1::ValidatingWebhookConfiguration;

void DefaultRule(Rule* rule) {
  if (!rule->has_scope()) rule->set_scope("*");
}

template <typename Webhook>
void DefaultWebhook(Webhook* webhook) {
  if (!webhook->has_failurepolicy()) webhook->set_failurepolicy("Fail");
  if (!webhook->has_matchpolicy()) webhook->set_matchpolicy("Equivalent");
  webhook->mutable_namespaceselector();
  webhook->mutable_objectselector();
  if (!webhook->has_timeoutseconds()) webhook->set_timeoutseconds(10);
  for (auto& rule : *webhook->mutable_rules()) DefaultRule(rule.mutable_rule());
  if (!webhook->clientconfig().has_service()) return;
  auto* service = webhook->mutable_clientconfig()->mutable_service();
  if (!service->has_port()) service->set_port(443);
}

void DefaultMatch(MatchResources* match) {
  if (!match->has_matchpolicy()) match->set_matchpolicy("Equivalent");
  match->mutable_namespaceselector();
  match->mutable_objectselector();
  for (auto* rules : {match->mutable_resourcerules(), match->mutable_excluderesourcerules()}) {
    for (auto& rule : *rules) DefaultRule(rule.mutable_rulewithoperations()->mutable_rule());
  }
}

template <typename Policy>
void DefaultPolicy(Policy* policy) {
  auto* spec = policy->mutable_spec();
  if (!spec->has_failurepolicy()) spec->set_failurepolicy("Fail");
  if (spec->has_matchconstraints()) DefaultMatch(spec->mutable_matchconstraints());
}

template <typename Binding>
void DefaultBinding(Binding* binding) {
  if (binding->spec().has_matchresources()) DefaultMatch(binding->mutable_spec()->mutable_matchresources());
}

}  // namespace

void DefaultMutatingWebhooks(api::Object* object) {
  for (auto& webhook : *static_cast<MutatingWebhookConfiguration*>(object)->mutable_webhooks()) {
    DefaultWebhook(&webhook);
    if (!webhook.has_reinvocationpolicy()) webhook.set_reinvocationpolicy("Never");
  }
}

void DefaultValidatingWebhooks(api::Object* object) {
  for (auto& webhook : *static_cast<ValidatingWebhookConfiguration*>(object)->mutable_webhooks()) {
    DefaultWebhook(&webhook);
  }
}

void DefaultValidatingPolicy(api::Object* object) { DefaultPolicy(static_cast<ValidatingAdmissionPolicy*>(object)); }
void DefaultMutatingPolicy(api::Object* object) { DefaultPolicy(static_cast<MutatingAdmissionPolicy*>(object)); }

void DefaultValidatingPolicyBinding(api::Object* object) {
  DefaultBinding(static_cast<ValidatingAdmissionPolicyBinding*>(object));
}
void DefaultMutatingPolicyBinding(api::Object* object) {
  DefaultBinding(static_cast<MutatingAdmissionPolicyBinding*>(object));
}

}  // namespace kubelite::apiserver
