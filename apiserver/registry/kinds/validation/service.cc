#include <set>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "apiserver/registry/kinds/validation/field_at.h"
#include "apiserver/registry/kinds/validation/fields.h"
#include "apiserver/registry/kinds/validation/formats.h"
#include "apiserver/registry/kinds/validation/kind_rules.h"
#include "common/api/names.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::core::v1::Service;
using k8s::core::v1::ServicePort;
using k8s::core::v1::ServiceSpec;

constexpr char kLoadBalancerOnly[] = "may only be used when `type` is 'LoadBalancer'";
constexpr int kMaxAffinitySeconds = 86400;

bool Headless(const ServiceSpec& spec) { return spec.clusterip() == "None"; }

bool ExternallyAccessible(const ServiceSpec& spec) {
  return spec.type() == "NodePort" || spec.type() == "LoadBalancer" ||
         (spec.type() == "ClusterIP" && spec.externalips_size() > 0);
}

void ValidateType(const ServiceSpec& spec, const FieldAt& at) {
  const FieldAt first = at.Field("clusterIPs").Item(0);
  at.Field("type").PresentAndOneOf(spec.type(), {"ClusterIP", "ExternalName", "LoadBalancer", "NodePort"});
  if (spec.ports_size() == 0 && !Headless(spec) && spec.type() != "ExternalName") at.Field("ports").Required();
  if (spec.type() == "LoadBalancer" && Headless(spec)) {
    first.Invalid("None", "may not be set to 'None' for LoadBalancer services");
  }
  if (spec.type() == "NodePort" && Headless(spec)) {
    first.Invalid("None", "may not be set to 'None' for NodePort services");
  }
  if (spec.type() != "ExternalName") return;
  constexpr char kNone[] = "may not be set for ExternalName services";
  if (spec.clusterips_size() > 0 || !spec.clusterip().empty()) at.Field("clusterIPs").Forbidden(kNone);
  if (spec.ipfamilies_size() > 0) at.Field("ipFamilies").Forbidden(kNone);
  if (!spec.ipfamilypolicy().empty()) at.Field("ipFamilyPolicy").Forbidden(kNone);
  const std::string name(absl::StripSuffix(spec.externalname(), "."));
  at.Field("externalName").PresentAndMatches(name, api::ValidateDns1123Subdomain);
}

void ValidatePort(const ServicePort& port, bool name_required, const FieldAt& at) {
  if (name_required && port.name().empty()) at.Field("name").Required();
  if (!port.name().empty()) at.Field("name").Matches(port.name(), api::ValidateDns1123Label);
  at.Field("port").Port(port.port());
  at.Field("protocol").PresentAndOneOf(port.protocol(), {"SCTP", "TCP", "UDP"});
  ValidatePortOrName(port.targetport(), at.Field("targetPort").path(), at.errors());
  if (!port.appprotocol().empty()) at.Field("appProtocol").Matches(port.appprotocol(), api::ValidateQualifiedName);
}

void ValidatePorts(const ServiceSpec& spec, const FieldAt& at) {
  std::set<std::string> names;
  std::set<std::pair<std::string, int>> node_ports;
  std::set<std::pair<std::string, int>> ports;
  for (int i = 0; i < spec.ports_size(); ++i) {
    const ServicePort& port = spec.ports(i);
    const FieldAt port_at = at.Item(i);
    ValidatePort(port, spec.ports_size() > 1, port_at);
    if (!port.name().empty() && !names.insert(port.name()).second) port_at.Field("name").Duplicate(port.name());
    if (port.nodeport() != 0 && spec.type() == "ClusterIP") {
      port_at.Field("nodePort").Forbidden("may not be used when `type` is 'ClusterIP'");
    }
    if (port.nodeport() != 0 && !node_ports.insert({port.protocol(), port.nodeport()}).second) {
      FieldError error = FieldError::Duplicate(port_at.Field("nodePort").path(), "");
      error.value = absl::StrCat(port.nodeport());
      at.errors()->push_back(error);
    }
    if (!ports.insert({port.protocol(), port.port()}).second) {
      FieldError error = FieldError::Duplicate(port_at.path(), "");
      error.value = absl::StrCat(R"({"Name":"","Protocol":")", port.protocol(), R"(","AppProtocol":null,"Port":)",
                                 port.port(), R"(,"TargetPort":0,"NodePort":0})");
      at.errors()->push_back(error);
    }
  }
}

void ValidateAffinity(const ServiceSpec& spec, const FieldAt& at) {
  at.Field("sessionAffinity").PresentAndOneOf(spec.sessionaffinity(), {"ClientIP", "None"});
  const FieldAt config = at.Field("sessionAffinityConfig");
  if (spec.sessionaffinity() == "None" && spec.has_sessionaffinityconfig()) {
    config.Forbidden("must not be set when session affinity is None");
  }
  if (spec.sessionaffinity() != "ClientIP") return;
  const int seconds = spec.sessionaffinityconfig().clientip().timeoutseconds();
  if (seconds <= 0 || seconds > kMaxAffinitySeconds) {
    config.Field("clientIP.timeoutSeconds").Invalid(seconds, "must be greater than 0 and less than 86400");
  }
}

void ValidateClusterIps(const ServiceSpec& spec, const FieldAt& at) {
  if (spec.type() == "ExternalName") return;
  const FieldAt ips = at.Field("clusterIPs");
  if (spec.clusterips_size() > 0 && spec.clusterip().empty()) {
    ips.InvalidList(spec.clusterips(), "must be empty when `clusterIP` is not specified");
  } else if (spec.clusterips_size() > 0 && spec.clusterip() != spec.clusterips(0)) {
    ips.InvalidList(spec.clusterips(), "first value must match `clusterIP`");
  }
  at.Field("ipFamilyPolicy").OneOf(spec.ipfamilypolicy(), {"PreferDualStack", "RequireDualStack", "SingleStack"});
  std::set<std::string> families;
  for (int i = 0; i < spec.ipfamilies_size(); ++i) {
    at.Field("ipFamilies").Item(i).OneOf(spec.ipfamilies(i), {"IPv4", "IPv6"});
    if (!families.insert(spec.ipfamilies(i)).second) at.Field("ipFamilies").Item(i).Duplicate(spec.ipfamilies(i));
  }
  if (spec.clusterips_size() > 2) return ips.InvalidList(spec.clusterips(), "may only hold up to 2 values");
  int v4 = 0;
  for (int i = 0; i < spec.clusterips_size(); ++i) {
    const std::string& ip = spec.clusterips(i);
    if (ip == "None") {
      if (spec.clusterips_size() > 1) ips.InvalidList(spec.clusterips(), "'None' must be the first and only value");
      return;
    }
    if (!ips.Item(i).Matches(ip, api::ValidateIpAddress)) return;
    v4 += IsIpv4(ip) ? 1 : 0;
    if (i >= spec.ipfamilies_size() || (spec.ipfamilies(i) == "IPv4") == IsIpv4(ip)) continue;
    ips.Item(i).Invalid(
        ip, absl::StrCat("expected an ", spec.ipfamilies(i), " value as indicated by `ipFamilies[", i, "]`"));
  }
  if (spec.clusterips_size() == 2 && v4 != 1) {
    ips.InvalidList(spec.clusterips(), "may specify no more than one IP for each IP family");
  }
}

void ValidateBalancing(const ServiceSpec& spec, const FieldAt& at) {
  const bool balanced = spec.type() == "LoadBalancer";
  for (int i = 0; i < spec.externalips_size(); ++i) {
    at.Field("externalIPs").Item(i).Matches(spec.externalips(i), ValidateReachableIp);
  }
  const FieldAt ranges = at.Field("LoadBalancerSourceRanges");
  if (!balanced && spec.loadbalancersourceranges_size() > 0) ranges.Forbidden(kLoadBalancerOnly);
  for (int i = 0; balanced && i < spec.loadbalancersourceranges_size(); ++i) {
    ranges.Item(i).Matches(spec.loadbalancersourceranges(i), ValidateCidr);
  }
  if (!balanced && spec.has_allocateloadbalancernodeports()) {
    at.Field("allocateLoadBalancerNodePorts").Forbidden(kLoadBalancerOnly);
  }
  if (spec.has_loadbalancerclass()) {
    if (!balanced) at.Field("loadBalancerClass").Forbidden(kLoadBalancerOnly);
    at.Field("loadBalancerClass").Matches(spec.loadbalancerclass(), api::ValidateQualifiedName);
  }
}

void ValidateTrafficPolicies(const ServiceSpec& spec, const FieldAt& at) {
  const FieldAt external = at.Field("externalTrafficPolicy");
  if (ExternallyAccessible(spec)) {
    external.PresentAndOneOf(spec.externaltrafficpolicy(), {"Cluster", "Local"});
  } else if (!spec.externaltrafficpolicy().empty()) {
    external.Invalid(spec.externaltrafficpolicy(), "may only be set for externally-accessible services");
  }
  const bool health_checked = spec.type() == "LoadBalancer" && spec.externaltrafficpolicy() == "Local";
  if (!health_checked && spec.healthchecknodeport() != 0) {
    at.Field("healthCheckNodePort")
        .Invalid(spec.healthchecknodeport(),
                 "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'");
  }
  if (spec.type() != "ExternalName") {
    at.Field("internalTrafficPolicy").PresentAndOneOf(spec.internaltrafficpolicy(), {"Cluster", "Local"});
  }
  at.Field("trafficDistribution")
      .OneOf(spec.trafficdistribution(), {"PreferClose", "PreferSameNode", "PreferSameZone"});
}

}  // namespace

void ValidateService(const Object& object, FieldErrors* errors) {
  const ServiceSpec& spec = static_cast<const Service&>(object).spec();
  const FieldAt at("spec", errors);
  ValidateType(spec, at);
  ValidatePorts(spec, at.Field("ports"));
  at.Field("selector").Labels(spec.selector());
  ValidateAffinity(spec, at);
  ValidateClusterIps(spec, at);
  ValidateBalancing(spec, at);
  ValidateTrafficPolicies(spec, at);
}

// An address that is left out is given back by the allocation, so only another one is a change.
void ValidateServiceUpdate(const Object& object, const Object& old, FieldErrors* errors) {
  const ServiceSpec& spec = static_cast<const Service&>(object).spec();
  const ServiceSpec& before = static_cast<const Service&>(old).spec();
  const FieldAt at("spec", errors);
  constexpr char kOnce[] = "may not change once set";
  const bool addressed = spec.type() != "ExternalName" && before.type() != "ExternalName";
  if (addressed && !before.clusterip().empty() && !spec.clusterip().empty() && spec.clusterip() != before.clusterip()) {
    at.Field("clusterIPs").Item(0).Invalid(spec.clusterip(), kOnce);
  }
  if (addressed && before.ipfamilies_size() > 0 && spec.ipfamilies_size() > 0 &&
      spec.ipfamilies(0) != before.ipfamilies(0)) {
    at.Field("ipFamilies").Item(0).Invalid(spec.ipfamilies(0), kOnce);
  }
  const bool balanced = spec.type() == "LoadBalancer" && before.type() == "LoadBalancer";
  if (balanced && spec.loadbalancerclass() != before.loadbalancerclass()) {
    at.Field("loadBalancerClass").Invalid(spec.loadbalancerclass(), kOnce);
  }
}

void ValidateServiceStatus(const Object& object, const Object&, FieldErrors* errors) {
  const auto& service = static_cast<const Service&>(object);
  const auto& ingress = service.status().loadbalancer().ingress();
  const FieldAt at("status.loadBalancer.ingress", errors);
  if (!ingress.empty() && service.spec().type() != "LoadBalancer") {
    at.Forbidden("may only be used when `spec.type` is 'LoadBalancer'");
  }
  for (int i = 0; i < ingress.size(); ++i) {
    if (!ingress[i].ip().empty()) at.Item(i).Field("ip").Matches(ingress[i].ip(), api::ValidateIpAddress);
    at.Item(i).Field("ipMode").OneOf(ingress[i].ipmode(), {"Proxy", "VIP"});
    const std::string& host = ingress[i].hostname();
    if (host.empty()) continue;
    at.Item(i).Field("hostname").Matches(host, api::ValidateDns1123Subdomain);
    if (IsIpv4(host) || IsIpv6(host)) {
      at.Item(i).Field("hostname").Invalid(host, "must be a DNS name, not an IP address");
    }
  }
}

}  // namespace kubelite::apiserver
