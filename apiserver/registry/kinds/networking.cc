// Service, Endpoints, EndpointSlice and networking.k8s.io.

#include <algorithm>

#include "apiserver/registry/kinds/columns/kind_columns.h"
#include "apiserver/registry/kinds/defaults/kind_defaults.h"
#include "apiserver/registry/kinds/kinds.h"
#include "apiserver/registry/kinds/validation/formats.h"
#include "apiserver/registry/kinds/validation/kind_rules.h"
#include "common/api/names.h"
#include "k8s/core/v1.pb.h"
#include "k8s/discovery/v1.pb.h"
#include "k8s/networking/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::core::v1::Service;
using k8s::core::v1::ServiceSpec;

// The name of an IPAddress is the address.
std::vector<std::string> ValidateAddressName(absl::string_view name) {
  if (api::ValidateIpAddress(name).empty()) return {};
  return {"must be a canonical IP address"};
}

bool HasClusterIp(const ServiceSpec& spec) { return spec.type() != "ExternalName"; }
bool HasNodePorts(const ServiceSpec& spec) { return spec.type() == "NodePort" || spec.type() == "LoadBalancer"; }
bool HasExternalTraffic(const ServiceSpec& spec) {
  return HasNodePorts(spec) || (spec.type() == "ClusterIP" && spec.externalips_size() > 0);
}
bool HasHealthCheck(const ServiceSpec& spec) {
  return spec.type() == "LoadBalancer" && spec.externaltrafficpolicy() == "Local";
}

template <typename List>
bool SameItems(const List& a, const List& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

// What was allocated stays although an update leaves it out (upstream's patchAllocatedValues).
void KeepAllocated(const ServiceSpec& before, ServiceSpec* spec) {
  if (HasClusterIp(before) && HasClusterIp(*spec)) {
    if (spec->clusterip().empty() && !before.clusterip().empty()) spec->set_clusterip(before.clusterip());
    if (spec->clusterips().empty() && spec->clusterip() == before.clusterip()) {
      *spec->mutable_clusterips() = before.clusterips();
    }
  }
  if (HasNodePorts(before) && HasNodePorts(*spec)) {
    for (auto& port : *spec->mutable_ports()) {
      for (const auto& old : before.ports()) {
        const bool same = old.port() == port.port() && old.protocol() == port.protocol();
        if (same && port.nodeport() == 0 && old.nodeport() != 0) port.set_nodeport(old.nodeport());
      }
    }
  }
  if (HasHealthCheck(before) && HasHealthCheck(*spec) && spec->healthchecknodeport() == 0 &&
      before.healthchecknodeport() != 0) {
    spec->set_healthchecknodeport(before.healthchecknodeport());
  }
}

// Who changes the type need not take out what only the old one has (upstream's dropTypeDependentFields).
void DropOfOldType(const ServiceSpec& before, ServiceSpec* spec) {
  if (HasClusterIp(before) && !HasClusterIp(*spec)) {
    if (spec->clusterip() == before.clusterip() && SameItems(spec->clusterips(), before.clusterips())) {
      spec->clear_clusterip();
      spec->clear_clusterips();
    }
    if (SameItems(spec->ipfamilies(), before.ipfamilies())) spec->clear_ipfamilies();
    if (spec->ipfamilypolicy() == before.ipfamilypolicy()) spec->clear_ipfamilypolicy();
  }
  if (HasNodePorts(before) && !HasNodePorts(*spec)) {
    const auto same = [](const auto& a, const auto& b) { return a.nodeport() == b.nodeport(); };
    const bool kept =
        std::equal(spec->ports().begin(), spec->ports().end(), before.ports().begin(), before.ports().end(), same);
    for (auto& port : *spec->mutable_ports()) {
      if (kept) port.clear_nodeport();
    }
  }
  if (HasHealthCheck(before) && !HasHealthCheck(*spec) && spec->healthchecknodeport() == before.healthchecknodeport()) {
    spec->clear_healthchecknodeport();
  }
  if (before.type() == "LoadBalancer" && spec->type() != "LoadBalancer") {
    if (spec->allocateloadbalancernodeports() == before.allocateloadbalancernodeports()) {
      spec->clear_allocateloadbalancernodeports();
    }
    if (spec->loadbalancerclass() == before.loadbalancerclass()) spec->clear_loadbalancerclass();
  }
  if (HasExternalTraffic(before) && !HasExternalTraffic(*spec) &&
      spec->externaltrafficpolicy() == before.externaltrafficpolicy()) {
    spec->clear_externaltrafficpolicy();
  }
}

void PrepareServiceUpdate(api::Object* object, const api::Object& old, const WriteContext&) {
  ServiceSpec* const spec = static_cast<Service*>(object)->mutable_spec();
  const ServiceSpec& before = static_cast<const Service&>(old).spec();
  KeepAllocated(before, spec);
  DropOfOldType(before, spec);
}

}  // namespace

std::vector<ResourceDef> NetworkingResources() {
  return {
      {.info = &api::ResourceOf<k8s::core::v1::Service>(),
       .set_defaults = DefaultService,
       .prepare_update = PrepareServiceUpdate,
       .validate = ValidateService,
       .validate_update = ValidateServiceUpdate,
       .validate_status_update = ValidateServiceStatus,
       .validate_name = api::ValidateDns1123Label,
       .columns = ServiceColumns()},
      {.info = &api::ResourceOf<k8s::core::v1::Endpoints>(),
       .set_defaults = DefaultEndpoints,
       .validate = ValidateEndpoints,
       .columns = EndpointsColumns()},
      {.info = &api::ResourceOf<k8s::discovery::v1::EndpointSlice>(),
       .set_defaults = DefaultEndpointSlice,
       .validate = ValidateEndpointSlice,
       .validate_update = ValidateEndpointSliceUpdate,
       .columns = EndpointSliceColumns()},
      {.info = &api::ResourceOf<k8s::networking::v1::Ingress>(),
       .validate = ValidateIngress,
       .validate_status_update = ValidateIngressStatus,
       .columns = IngressColumns()},
      {.info = &api::ResourceOf<k8s::networking::v1::IngressClass>(),
       .set_defaults = DefaultIngressClass,
       .validate = ValidateIngressClass,
       .validate_update = ValidateIngressClassUpdate,
       .columns = IngressClassColumns()},
      {.info = &api::ResourceOf<k8s::networking::v1::NetworkPolicy>(),
       .set_defaults = DefaultNetworkPolicy,
       .validate = ValidateNetworkPolicy,
       .columns = NetworkPolicyColumns()},
      {.info = &api::ResourceOf<k8s::networking::v1::ServiceCIDR>(),
       .validate = ValidateServiceCidr,
       .validate_update = ValidateServiceCidrUpdate,
       .columns = ServiceCidrColumns()},
      {.info = &api::ResourceOf<k8s::networking::v1::IPAddress>(),
       .validate = ValidateIpAddress,
       .validate_update = ValidateIpAddressUpdate,
       .validate_name = ValidateAddressName,
       .columns = IpAddressColumns()},
  };
}

}  // namespace kubelite::apiserver
