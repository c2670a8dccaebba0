#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "apiserver/registry/kinds/validation/admission.h"
#include "apiserver/registry/kinds/validation/field_at.h"
#include "apiserver/registry/kinds/validation/fields.h"
#include "apiserver/registry/kinds/validation/formats.h"
#include "apiserver/registry/kinds/validation/kind_rules.h"
#include "common/api/names.h"
#include "k8s/admissionregistration/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::admissionregistration::v1::MutatingWebhookConfiguration;
using k8s::admissionregistration::v1::RuleWithOperations;
using k8s::admissionregistration::v1::ValidatingWebhookConfiguration;
using k8s::admissionregistration::v1::WebhookClientConfig;
using Texts = google::protobuf::RepeatedPtrField<std::string>;

constexpr int kMaxTimeout = 30;
constexpr int kMaxMatchConditions = 64;

bool Has(const Texts& texts, absl::string_view text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

void ValidateVersions(const Texts& versions, const FieldAt& at) {
  if (versions.empty()) return at.Required("must specify one of v1, v1beta1");
  std::set<std::string> seen;
  for (int i = 0; i < versions.size(); ++i) {
    if (!seen.insert(versions[i]).second) at.Item(i).Invalid(versions[i], "duplicate version");
    at.Item(i).Matches(versions[i], api::ValidateDns1035Label);
  }
  if (!Has(versions, "v1") && !Has(versions, "v1beta1")) {
    at.InvalidList(versions, "must include at least one of v1, v1beta1");
  }
}

void ValidateUrl(const std::string& url, const FieldAt& at) {
  constexpr char kForm[] = "; desired format: https://host[/path]";
  const size_t scheme_end = url.find("://");
  const std::string scheme = scheme_end == std::string::npos ? "" : url.substr(0, scheme_end);
  const std::string rest = scheme_end == std::string::npos ? url : url.substr(scheme_end + 3);
  if (scheme != "https") at.Invalid(scheme, absl::StrCat("'https' is the only allowed URL scheme", kForm));
  const std::string host = rest.substr(0, rest.find('/'));
  if (host.empty()) at.Invalid("", absl::StrCat("host must be specified", kForm));
  if (absl::StrContains(host, '@'))
    at.Invalid(host.substr(0, host.find('@')), "user information is not permitted in the URL");
  if (const size_t hash = rest.find('#'); hash != std::string::npos) {
    at.Invalid(rest.substr(hash + 1), "fragments are not permitted in the URL");
  } else if (const size_t query = rest.find('?'); query != std::string::npos) {
    at.Invalid(rest.substr(query + 1), "query parameters are not permitted in the URL");
  }
}

void ValidateClient(const WebhookClientConfig& client, const FieldAt& at) {
  if (client.has_url() == client.has_service()) return at.Required("exactly one of url or service is required");
  if (client.has_url()) return ValidateUrl(client.url(), at.Field("url"));
  const FieldAt service = at.Field("service");
  if (client.service().name().empty()) service.Field("name").Required("service name is required");
  if (client.service().namespace_().empty()) service.Field("namespace").Required("service namespace is required");
  if (!api::ValidatePortNumber(client.service().port()).empty()) {
    service.Field("port").Invalid(client.service().port(), "port is not valid: must be between 1 and 65535, inclusive");
  }
  if (client.service().has_path() && !absl::StartsWith(client.service().path(), "/")) {
    service.Field("path").Invalid(client.service().path(), "must start with a '/'");
  }
}

// What both kinds of webhooks have.
template <typename Webhook>
void ValidateWebhook(const Webhook& webhook, const FieldAt& at) {
  at.Field("name").PresentAndMatches(webhook.name(), ValidateFullyQualifiedName);
  ValidateVersions(webhook.admissionreviewversions(), at.Field("admissionReviewVersions"));
  for (int i = 0; i < webhook.rules_size(); ++i)
    ValidateRuleWithOperations(webhook.rules(i), at.Field("rules").Item(i));
  at.Field("failurePolicy").OneOf(webhook.failurepolicy(), {"Fail", "Ignore"});
  at.Field("matchPolicy").OneOf(webhook.matchpolicy(), {"Equivalent", "Exact"});
  const FieldAt effects = at.Field("sideEffects");
  if (webhook.sideeffects().empty()) {
    effects.Required("must specify one of None, NoneOnDryRun");
  } else {
    effects.OneOf(webhook.sideeffects(), {"None", "NoneOnDryRun"});
  }
  if (webhook.timeoutseconds() > kMaxTimeout || webhook.timeoutseconds() < 1) {
    at.Field("timeoutSeconds").Invalid(webhook.timeoutseconds(), "the timeout value must be between 1 and 30 seconds");
  }
  ValidateLabelSelector(webhook.namespaceselector(), at.Field("namespaceSelector").path(), at.errors());
  ValidateLabelSelector(webhook.objectselector(), at.Field("objectSelector").path(), at.errors());
  ValidateClient(webhook.clientconfig(), at.Field("clientConfig"));
  ValidateMatchConditions(webhook.matchconditions(), at.Field("matchConditions"));
}

template <typename Configuration>
void ValidateWebhooks(const Configuration& configuration, FieldErrors* errors) {
  std::set<std::string> names;
  for (int i = 0; i < configuration.webhooks_size(); ++i) {
    const FieldAt at = FieldAt("webhooks", errors).Item(i);
    ValidateWebhook(configuration.webhooks(i), at);
    const std::string& name = configuration.webhooks(i).name();
    if (!name.empty() && !names.insert(name).second) at.Field("name").Duplicate(name);
  }
}

void ValidateStarAlone(const Texts& texts, absl::string_view what, const FieldAt& at) {
  if (texts.empty()) at.Required();
  if (texts.size() > 1 && Has(texts, "*")) {
    at.InvalidList(texts, absl::StrCat("if '*' is present, must not specify other ", what));
  }
}

void ValidateResources(const Texts& resources, const FieldAt& at) {
  if (resources.empty()) at.Required();
  if (resources.size() > 1 && Has(resources, "*/*")) {
    at.InvalidList(resources, "if '*/*' is present, must not specify other resources");
  }
}

}  // namespace

void ValidateRuleWithOperations(const RuleWithOperations& rule, const FieldAt& at) {
  ValidateStarAlone(rule.operations(), "operations", at.Field("operations"));
  for (int i = 0; i < rule.operations_size(); ++i) {
    at.Field("operations").Item(i).OneOf(rule.operations(i), {"*", "CONNECT", "CREATE", "DELETE", "UPDATE"});
  }
  ValidateStarAlone(rule.rule().apigroups(), "API groups", at.Field("apiGroups"));
  ValidateStarAlone(rule.rule().apiversions(), "API versions", at.Field("apiVersions"));
  for (int i = 0; i < rule.rule().apiversions_size(); ++i) {
    if (rule.rule().apiversions(i).empty()) at.Field("apiVersions").Item(i).Required();
  }
  ValidateResources(rule.rule().resources(), at.Field("resources"));
  at.Field("scope").OneOf(rule.rule().scope(), {"*", "Cluster", "Namespaced"});
}

void ValidateMatchConditions(
    const google::protobuf::RepeatedPtrField<k8s::admissionregistration::v1::MatchCondition>& conditions,
    const FieldAt& at) {
  if (conditions.size() > kMaxMatchConditions) at.TooMany(conditions.size(), kMaxMatchConditions);
  std::set<std::string> names;
  for (int i = 0; i < conditions.size(); ++i) {
    if (conditions[i].expression().empty()) at.Item(i).Field("expression").Required();
    if (!at.Item(i).Field("name").Present(conditions[i].name())) continue;
    at.Item(i).Field("name").Matches(conditions[i].name(), api::ValidateQualifiedName);
    if (!names.insert(conditions[i].name()).second) at.Item(i).Field("name").Duplicate(conditions[i].name());
  }
}

void ValidateMutatingWebhooks(const Object& object, FieldErrors* errors) {
  const auto& configuration = static_cast<const MutatingWebhookConfiguration&>(object);
  ValidateWebhooks(configuration, errors);
  for (int i = 0; i < configuration.webhooks_size(); ++i) {
    FieldAt("webhooks", errors)
        .Item(i)
        .Field("reinvocationPolicy")
        .OneOf(configuration.webhooks(i).reinvocationpolicy(), {"IfNeeded", "Never"});
  }
}

void ValidateValidatingWebhooks(const Object& object, FieldErrors* errors) {
  ValidateWebhooks(static_cast<const ValidatingWebhookConfiguration&>(object), errors);
}

}  // namespace kubelite::apiserver
