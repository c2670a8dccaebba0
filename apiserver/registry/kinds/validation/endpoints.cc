#include <set>

#include "apiserver/registry/kinds/validation/field_at.h"
#include "apiserver/registry/kinds/validation/formats.h"
#include "apiserver/registry/kinds/validation/kind_rules.h"
#include "common/api/names.h"
#include "k8s/core/v1.pb.h"
#include "k8s/discovery/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::core::v1::EndpointAddress;
using k8s::core::v1::Endpoints;
using k8s::discovery::v1::Endpoint;
using k8s::discovery::v1::EndpointSlice;

constexpr int kMaxEndpoints = 1000;
constexpr int kMaxAddresses = 100;
constexpr int kMaxPorts = 20000;
constexpr int kMaxHints = 8;

void ValidateAddress(const EndpointAddress& address, const FieldAt& at) {
  at.Field("ip").Matches(address.ip(), ValidateReachableIp);
  if (!address.hostname().empty()) at.Field("hostname").Matches(address.hostname(), api::ValidateDns1123Label);
  if (address.has_nodename()) at.Field("nodeName").Matches(address.nodename(), api::ValidateDns1123Subdomain);
}

void ValidateSubset(const k8s::core::v1::EndpointSubset& subset, const FieldAt& at) {
  if (subset.addresses_size() + subset.notreadyaddresses_size() == 0) {
    at.Required("must specify `addresses` or `notReadyAddresses`");
  }
  for (int i = 0; i < subset.addresses_size(); ++i) {
    ValidateAddress(subset.addresses(i), at.Field("addresses").Item(i));
  }
  for (int i = 0; i < subset.notreadyaddresses_size(); ++i) {
    ValidateAddress(subset.notreadyaddresses(i), at.Field("notReadyAddresses").Item(i));
  }
  for (int i = 0; i < subset.ports_size(); ++i) {
    const FieldAt port_at = at.Field("ports").Item(i);
    const auto& port = subset.ports(i);
    if (subset.ports_size() > 1 && port.name().empty()) port_at.Field("name").Required();
    if (!port.name().empty()) port_at.Field("name").Matches(port.name(), api::ValidateDns1123Label);
    port_at.Field("port").Port(port.port());
    port_at.Field("protocol").PresentAndOneOf(port.protocol(), {"SCTP", "TCP", "UDP"});
    if (port.has_appprotocol()) port_at.Field("appProtocol").Matches(port.appprotocol(), api::ValidateQualifiedName);
  }
}

void ValidateSliceAddress(const std::string& type, const std::string& address, const FieldAt& at) {
  if (type == "FQDN") {
    at.Matches(address, api::ValidateDns1123Subdomain);
    return;
  }
  const bool right = type == "IPv4" ? IsIpv4(address) : IsIpv6(address);
  if (!right && (type == "IPv4" || type == "IPv6")) at.Invalid(address, absl::StrCat("must be an ", type, " address"));
  if (right) at.Matches(address, ValidateReachableIp);
}

void ValidateHints(const k8s::discovery::v1::EndpointHints& hints, const FieldAt& at) {
  std::set<std::string> zones;
  if (hints.forzones_size() > kMaxHints) at.Field("forZones").TooMany(hints.forzones_size(), kMaxHints);
  for (int i = 0; i < hints.forzones_size(); ++i) {
    const FieldAt name = at.Field("forZones").Item(i).Field("name");
    if (!zones.insert(hints.forzones(i).name()).second) name.Duplicate(hints.forzones(i).name());
    name.Matches(hints.forzones(i).name(), api::ValidateLabelValue);
  }
  std::set<std::string> nodes;
  if (hints.fornodes_size() > kMaxHints) at.Field("forNodes").TooMany(hints.fornodes_size(), kMaxHints);
  for (int i = 0; i < hints.fornodes_size(); ++i) {
    const FieldAt name = at.Field("forNodes").Item(i).Field("name");
    if (!nodes.insert(hints.fornodes(i).name()).second) name.Duplicate(hints.fornodes(i).name());
    name.Matches(hints.fornodes(i).name(), api::ValidateDns1123Subdomain);
  }
}

void ValidateSliceEndpoint(const std::string& type, const Endpoint& endpoint, const FieldAt& at) {
  const FieldAt addresses = at.Field("addresses");
  if (endpoint.addresses_size() == 0) addresses.Required("must contain at least 1 address");
  if (endpoint.addresses_size() > kMaxAddresses) addresses.TooMany(endpoint.addresses_size(), kMaxAddresses);
  for (int i = 0; i < endpoint.addresses_size(); ++i) {
    ValidateSliceAddress(type, endpoint.addresses(i), addresses.Item(i));
  }
  if (endpoint.has_hostname()) at.Field("hostname").Matches(endpoint.hostname(), api::ValidateDns1123Label);
  if (endpoint.has_nodename()) at.Field("nodeName").Matches(endpoint.nodename(), api::ValidateDns1123Subdomain);
  ValidateHints(endpoint.hints(), at.Field("hints"));
}

}  // namespace

void ValidateEndpoints(const Object& object, FieldErrors* errors) {
  const auto& endpoints = static_cast<const Endpoints&>(object);
  const FieldAt at("subsets", errors);
  for (int i = 0; i < endpoints.subsets_size(); ++i) ValidateSubset(endpoints.subsets(i), at.Item(i));
}

void ValidateEndpointSlice(const Object& object, FieldErrors* errors) {
  const auto& slice = static_cast<const EndpointSlice&>(object);
  const FieldAt at(errors);
  at.Field("addressType").PresentAndOneOf(slice.addresstype(), {"FQDN", "IPv4", "IPv6"});
  const FieldAt endpoints = at.Field("endpoints");
  if (slice.endpoints_size() > kMaxEndpoints) endpoints.TooMany(slice.endpoints_size(), kMaxEndpoints);
  for (int i = 0; i < slice.endpoints_size(); ++i) {
    ValidateSliceEndpoint(slice.addresstype(), slice.endpoints(i), endpoints.Item(i));
  }
  std::set<std::string> names;
  if (slice.ports_size() > kMaxPorts) at.Field("ports").TooMany(slice.ports_size(), kMaxPorts);
  for (int i = 0; i < slice.ports_size(); ++i) {
    const auto& port = slice.ports(i);
    const FieldAt port_at = at.Field("ports").Item(i);
    if (!port.name().empty()) port_at.Field("name").Matches(port.name(), api::ValidateDns1123Label);
    if (!names.insert(port.name()).second) port_at.Field("name").Duplicate(port.name());
    port_at.Field("protocol").PresentAndOneOf(port.protocol(), {"SCTP", "TCP", "UDP"});
    if (port.has_appprotocol()) port_at.Field("appProtocol").Matches(port.appprotocol(), api::ValidateQualifiedName);
  }
}

void ValidateEndpointSliceUpdate(const Object& object, const Object& old, FieldErrors* errors) {
  FieldAt("addressType", errors)
      .Immutable(static_cast<const EndpointSlice&>(object).addresstype(),
                 static_cast<const EndpointSlice&>(old).addresstype());
}

}  // namespace kubelite::apiserver
