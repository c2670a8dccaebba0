#include "absl/strings/match.h"
#include "apiserver/registry/kinds/validation/field_at.h"
#include "apiserver/registry/kinds/validation/formats.h"
#include "apiserver/registry/kinds/validation/kind_rules.h"
#include "common/api/names.h"
#include "k8s/core/v1.pb.h"
#include "k8s/networking/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using api::FieldError;
using k8s::networking::v1::HTTPIngressPath;
using k8s::networking::v1::Ingress;
using k8s::networking::v1::IngressBackend;
using k8s::networking::v1::IngressClass;

constexpr char kClassAnnotation[] = "kubernetes.io/ingress.class";
constexpr int kMaxController = 250;

void ValidateHost(const std::string& host, const FieldAt& at) {
  if (IsIpv4(host) || IsIpv6(host)) at.Invalid(host, "must be a DNS name, not an IP address");
  at.Matches(host, absl::StrContains(host, '*') ? ValidateWildcardSubdomain : api::ValidateDns1123Subdomain);
}

void ValidateBackend(const IngressBackend& backend, const FieldAt& at) {
  if (backend.has_resource() && backend.has_service()) {
    return at.Invalid("", "cannot set both resource and service backends");
  }
  if (backend.has_resource()) {
    at.Field("resource.kind").Present(backend.resource().kind());
    at.Field("resource.name").Present(backend.resource().name());
    return;
  }
  if (!backend.has_service()) return at.Required("resource or service backend is required");
  const auto& port = backend.service().port();
  const FieldAt port_at = at.Field("service.port");
  at.Field("service.name").PresentAndMatches(backend.service().name(), api::ValidateDns1123Label);
  if (!port.name().empty() && port.number() != 0) {
    port_at.Invalid("", "cannot set both port name & port number");
  } else if (!port.name().empty()) {
    port_at.Field("name").Matches(port.name(), api::ValidatePortName);
  } else if (port.number() != 0) {
    port_at.Field("number").Port(port.number());
  } else {
    port_at.Required("port name or number is required");
  }
}

void ValidatePath(const HTTPIngressPath& path, const FieldAt& at) {
  const FieldAt type = at.Field("pathType");
  const FieldAt path_at = at.Field("path");
  const std::string& text = path.path();
  if (path.pathtype().empty()) {
    type.Required("pathType must be specified");
  } else if (path.pathtype() == "ImplementationSpecific") {
    if (!text.empty() && text[0] != '/') path_at.Invalid(text, "must be an absolute path");
  } else if (path.pathtype() != "Exact" && path.pathtype() != "Prefix") {
    type.NotSupported(path.pathtype(), {"Exact", "ImplementationSpecific", "Prefix"});
  } else {
    if (text.empty() || text[0] != '/') path_at.Invalid(text, "must be an absolute path");
    for (const char* part : {"//", "/./", "/../", "%2f", "%2F"}) {
      if (absl::StrContains(text, part)) path_at.Invalid(text, absl::StrCat("must not contain '", part, "'"));
    }
    for (const char* end : {"/..", "/."}) {
      if (absl::EndsWith(text, end)) path_at.Invalid(text, absl::StrCat("cannot end with '", end, "'"));
    }
  }
  ValidateBackend(path.backend(), at.Field("backend"));
}

}  // namespace

void ValidateIngress(const Object& object, FieldErrors* errors) {
  const auto& ingress = static_cast<const Ingress&>(object);
  const auto& spec = ingress.spec();
  const FieldAt at("spec", errors);
  if (spec.rules_size() == 0 && !spec.has_defaultbackend()) {
    FieldError error = FieldError::Invalid(at.path(), "", "either `defaultBackend` or `rules` must be specified");
    error.value = "[]";
    errors->push_back(error);
  }
  if (spec.has_defaultbackend()) ValidateBackend(spec.defaultbackend(), at.Field("defaultBackend"));
  for (int i = 0; i < spec.rules_size(); ++i) {
    const FieldAt rule_at = at.Field("rules").Item(i);
    const auto& rule = spec.rules(i);
    if (!rule.host().empty()) ValidateHost(rule.host(), rule_at.Field("host"));
    if (!rule.ingressrulevalue().has_http()) continue;
    const auto& paths = rule.ingressrulevalue().http().paths();
    const FieldAt paths_at = rule_at.Field("http.paths");
    if (paths.empty()) paths_at.Required();
    for (int p = 0; p < paths.size(); ++p) ValidatePath(paths[p], paths_at.Item(p));
  }
  for (int i = 0; i < spec.tls_size(); ++i) {
    const FieldAt tls_at = at.Field("tls").Item(i);
    for (int h = 0; h < spec.tls(i).hosts_size(); ++h) {
      const std::string& host = spec.tls(i).hosts(h);
      tls_at.Field("hosts").Item(h).Matches(
          host, absl::StrContains(host, '*') ? ValidateWildcardSubdomain : api::ValidateDns1123Subdomain);
    }
    if (!spec.tls(i).secretname().empty()) {
      tls_at.Field("secretName").Matches(spec.tls(i).secretname(), api::ValidateDns1123Subdomain);
    }
  }
  if (!spec.has_ingressclassname()) return;
  at.Field("ingressClassName").Matches(spec.ingressclassname(), api::ValidateDns1123Subdomain);
  const auto annotation = ingress.metadata().annotations().find(kClassAnnotation);
  if (annotation != ingress.metadata().annotations().end() && annotation->second != spec.ingressclassname()) {
    FieldAt("metadata.annotations", errors)
        .Key(kClassAnnotation)
        .Invalid(annotation->second, "must match `ingressClassName` when both are specified");
  }
}

void ValidateIngressStatus(const Object& object, const Object&, FieldErrors* errors) {
  const auto& balanced = static_cast<const Ingress&>(object).status().loadbalancer().ingress();
  for (int i = 0; i < balanced.size(); ++i) {
    const FieldAt at = FieldAt("status.loadBalancer.ingress", errors).Item(i);
    if (!balanced[i].ip().empty()) at.Field("ip").Matches(balanced[i].ip(), api::ValidateIpAddress);
    if (!balanced[i].hostname().empty()) ValidateHost(balanced[i].hostname(), at.Field("hostname"));
  }
}

void ValidateIngressClass(const Object& object, FieldErrors* errors) {
  const auto& spec = static_cast<const IngressClass&>(object).spec();
  const FieldAt at("spec", errors);
  if (spec.controller().size() > kMaxController) at.Field("controller").TooLong(kMaxController);
  if (at.Field("controller").Present(spec.controller())) {
    at.Field("controller").Matches(spec.controller(), ValidateDomainPrefixedPath);
  }
  if (!spec.has_parameters()) return;
  const auto& parameters = spec.parameters();
  const FieldAt parameters_at = at.Field("parameters");
  if (parameters.has_apigroup()) {
    parameters_at.Field("apiGroup").Matches(parameters.apigroup(), api::ValidateDns1123Subdomain);
  }
  parameters_at.Field("kind").PresentAndMatches(parameters.kind(), api::ValidatePathSegmentName);
  parameters_at.Field("name").PresentAndMatches(parameters.name(), api::ValidatePathSegmentName);
  parameters_at.Field("scope").PresentAndOneOf(parameters.scope(), {"Cluster", "Namespace"});
  if (parameters.scope() == "Namespace" && parameters.namespace_().empty()) {
    parameters_at.Field("namespace").Required("`parameters.scope` is set to 'Namespace'");
  }
  if (parameters.scope() == "Cluster" && parameters.has_namespace_()) {
    parameters_at.Field("namespace").Forbidden("`parameters.scope` is set to 'Cluster'");
  }
}

void ValidateIngressClassUpdate(const Object& object, const Object& old, FieldErrors* errors) {
  FieldAt("spec.controller", errors)
      .Immutable(static_cast<const IngressClass&>(object).spec().controller(),
                 static_cast<const IngressClass&>(old).spec().controller());
}

}  // namespace kubelite::apiserver
