#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "apiserver/registry/kinds/columns/kind_columns.h"
#include "k8s/core/v1.pb.h"
#include "k8s/discovery/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::core::v1::Endpoints;
using k8s::core::v1::Service;
using k8s::discovery::v1::EndpointSlice;

std::string ClusterIp(const Service& service) {
  const auto& spec = service.spec();
  return OrNone(spec.clusterips_size() > 0 ? spec.clusterips(0) : spec.clusterip());
}

std::string ExternalIp(const Service& service) {
  const auto& spec = service.spec();
  if (spec.type() == "ExternalName") return spec.externalname();
  if (spec.type() == "ClusterIP" || spec.type() == "NodePort") return OrNone(Joined(spec.externalips()));
  if (spec.type() != "LoadBalancer") return "<unknown>";
  std::set<std::string> balanced;
  for (const auto& ingress : service.status().loadbalancer().ingress()) {
    balanced.insert(ingress.ip().empty() ? ingress.hostname() : ingress.ip());
  }
  std::vector<std::string> all(balanced.begin(), balanced.end());
  all.insert(all.end(), spec.externalips().begin(), spec.externalips().end());
  return all.empty() ? "<pending>" : absl::StrJoin(all, ",");
}

std::string Ports(const Service& service) {
  std::vector<std::string> ports;
  for (const auto& port : service.spec().ports()) {
    const std::string node_port = port.nodeport() > 0 ? absl::StrCat(":", port.nodeport()) : "";
    ports.push_back(absl::StrCat(port.port(), node_port, "/", port.protocol()));
  }
  return OrNone(absl::StrJoin(ports, ","));
}

std::string EndpointsText(const Endpoints& endpoints) {
  std::vector<std::string> texts;
  for (const auto& subset : endpoints.subsets()) {
    for (const auto& address : subset.addresses()) {
      if (subset.ports_size() == 0) texts.push_back(address.ip());
    }
    for (const auto& port : subset.ports()) {
      for (const auto& address : subset.addresses()) texts.push_back(HostPort(address.ip(), port.port()));
    }
  }
  return endpoints.subsets_size() == 0 ? "<none>" : FirstThree(texts);
}

std::string SlicePorts(const EndpointSlice& slice) {
  std::vector<std::string> ports;
  for (const auto& port : slice.ports()) {
    ports.push_back(port.has_port() ? absl::StrCat(port.port()) : port.name().empty() ? "*" : port.name());
  }
  return OrUnset(FirstThree(ports));
}

std::string SliceEndpoints(const EndpointSlice& slice) {
  std::vector<std::string> addresses;
  for (const auto& endpoint : slice.endpoints()) {
    addresses.insert(addresses.end(), endpoint.addresses().begin(), endpoint.addresses().end());
  }
  return OrUnset(FirstThree(addresses));
}

}  // namespace

Columns ServiceColumns() {
  return {NameColumn(),
          Text<Service>("Type", [](const Service& s) { return s.spec().type(); }),
          Text<Service>("Cluster-IP", ClusterIp),
          Text<Service>("External-IP", ExternalIp),
          Text<Service>("Port(s)", Ports),
          AgeColumn(),
          Wide<Service>("Selector", [](const Service& s) { return MapText(s.spec().selector()); })};
}

Columns EndpointsColumns() { return {NameColumn(), Text<Endpoints>("Endpoints", EndpointsText), AgeColumn()}; }

Columns EndpointSliceColumns() {
  return {NameColumn(), Text<EndpointSlice>("AddressType", [](const EndpointSlice& s) { return s.addresstype(); }),
          Text<EndpointSlice>("Ports", SlicePorts), Text<EndpointSlice>("Endpoints", SliceEndpoints), AgeColumn()};
}

}  // namespace kubelite::apiserver
