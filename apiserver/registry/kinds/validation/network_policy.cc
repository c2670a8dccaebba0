// NetworkPolicy, IPAddress, ServiceCIDR.

#include <algorithm>

#include "apiserver/registry/kinds/validation/field_at.h"
#include "apiserver/registry/kinds/validation/fields.h"
#include "apiserver/registry/kinds/validation/formats.h"
#include "apiserver/registry/kinds/validation/kind_rules.h"
#include "common/api/int_or_string.h"
#include "k8s/core/v1.pb.h"
#include "k8s/networking/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::networking::v1::IPAddress;
using k8s::networking::v1::NetworkPolicy;
using k8s::networking::v1::NetworkPolicyPeer;
using k8s::networking::v1::NetworkPolicyPort;
using k8s::networking::v1::ServiceCIDR;

void ValidatePolicyPort(const NetworkPolicyPort& port, const FieldAt& at) {
  at.Field("protocol").OneOf(port.protocol(), {"SCTP", "TCP", "UDP"});
  const FieldAt end = at.Field("endPort");
  if (!port.has_port()) {
    if (port.has_endport()) end.Invalid(port.endport(), "may not be specified when `port` is not specified");
    return;
  }
  ValidatePortOrName(port.port(), at.Field("port").path(), at.errors());
  if (!port.has_endport()) return;
  if (api::IsString(port.port())) {
    end.Invalid(port.endport(), "may not be specified when `port` is non-numeric");
  } else {
    end.Port(port.endport());
    if (port.endport() < port.port().intval()) {
      end.Invalid(port.endport(), "must be greater than or equal to `port`");
    }
  }
}

void ValidateBlock(const k8s::networking::v1::IPBlock& block, const FieldAt& at) {
  if (!at.Field("cidr").PresentAndMatches(block.cidr(), ValidateCidr)) return;
  for (int i = 0; i < block.except_size(); ++i) {
    const FieldAt except = at.Field("except").Item(i);
    if (!except.Matches(block.except(i), ValidateCidr)) continue;
    if (!StrictlyWithin(block.except(i), block.cidr())) {
      except.Invalid(block.except(i), "must be a strict subset of `cidr`");
    }
  }
}

void ValidatePeer(const NetworkPolicyPeer& peer, const FieldAt& at) {
  const bool selects = peer.has_podselector() || peer.has_namespaceselector();
  if (peer.has_podselector()) ValidateLabelSelector(peer.podselector(), at.Field("podSelector").path(), at.errors());
  if (peer.has_namespaceselector()) {
    ValidateLabelSelector(peer.namespaceselector(), at.Field("namespaceSelector").path(), at.errors());
  }
  if (peer.has_ipblock()) ValidateBlock(peer.ipblock(), at.Field("ipBlock"));
  if (!selects && !peer.has_ipblock()) at.Required("must specify a peer");
  if (selects && peer.has_ipblock()) at.Forbidden("may not specify both ipBlock and another peer");
}

template <typename Ports>
void ValidatePolicyPorts(const Ports& ports, const FieldAt& at) {
  for (int i = 0; i < ports.size(); ++i) ValidatePolicyPort(ports[i], at.Item(i));
}

template <typename Peers>
void ValidatePeers(const Peers& peers, const FieldAt& at) {
  for (int i = 0; i < peers.size(); ++i) ValidatePeer(peers[i], at.Item(i));
}

// The first keeps its blocks; a second family may be added.
bool Extends(const ServiceCIDR& cidr, const ServiceCIDR& before) {
  return cidr.spec().cidrs_size() >= before.spec().cidrs_size() &&
         std::equal(before.spec().cidrs().begin(), before.spec().cidrs().end(), cidr.spec().cidrs().begin());
}

}  // namespace

void ValidateNetworkPolicy(const Object& object, FieldErrors* errors) {
  const auto& spec = static_cast<const NetworkPolicy&>(object).spec();
  const FieldAt at("spec", errors);
  ValidateLabelSelector(spec.podselector(), "spec.podSelector", errors);
  for (int i = 0; i < spec.ingress_size(); ++i) {
    ValidatePolicyPorts(spec.ingress(i).ports(), at.Field("ingress").Item(i).Field("ports"));
    ValidatePeers(spec.ingress(i).from(), at.Field("ingress").Item(i).Field("from"));
  }
  for (int i = 0; i < spec.egress_size(); ++i) {
    ValidatePolicyPorts(spec.egress(i).ports(), at.Field("egress").Item(i).Field("ports"));
    ValidatePeers(spec.egress(i).to(), at.Field("egress").Item(i).Field("to"));
  }
  const FieldAt types = at.Field("policyTypes");
  if (spec.policytypes_size() > 2) {
    return types.InvalidList(spec.policytypes(), "may not specify more than two policyTypes");
  }
  for (int i = 0; i < spec.policytypes_size(); ++i) {
    types.Item(i).PresentAndOneOf(spec.policytypes(i), {"Egress", "Ingress"});
  }
}

void ValidateIpAddress(const Object& object, FieldErrors* errors) {
  const auto& spec = static_cast<const IPAddress&>(object).spec();
  const FieldAt at("spec.parentRef", errors);
  if (!spec.has_parentref()) return at.Required();
  at.Field("resource").Present(spec.parentref().resource());
  at.Field("name").Present(spec.parentref().name());
}

void ValidateIpAddressUpdate(const Object& object, const Object& old, FieldErrors* errors) {
  FieldAt("spec.parentRef", errors)
      .Immutable(static_cast<const IPAddress&>(object).spec().parentref(),
                 static_cast<const IPAddress&>(old).spec().parentref());
}

void ValidateServiceCidr(const Object& object, FieldErrors* errors) {
  const auto& spec = static_cast<const ServiceCIDR&>(object).spec();
  const FieldAt at("spec.cidrs", errors);
  if (spec.cidrs_size() == 0) return at.Required("at least one CIDR required");
  if (spec.cidrs_size() > 2) return at.InvalidList(spec.cidrs(), "may only hold up to 2 values");
  for (int i = 0; i < spec.cidrs_size(); ++i) at.Item(i).Matches(spec.cidrs(i), ValidateCidr);
  const auto is_v6 = [&spec](int i) { return spec.cidrs(i).find(':') != std::string::npos; };
  if (spec.cidrs_size() == 2 && is_v6(0) == is_v6(1)) {
    at.InvalidList(spec.cidrs(),
                   "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and "
                   "2001:db8::/96");
  }
}

void ValidateServiceCidrUpdate(const Object& object, const Object& old, FieldErrors* errors) {
  const auto& cidr = static_cast<const ServiceCIDR&>(object);
  if (Extends(cidr, static_cast<const ServiceCIDR&>(old))) return;
  FieldAt("spec.cidrs", errors).InvalidList(cidr.spec().cidrs(), "field is immutable");
}

}  // namespace kubelite::apiserver
