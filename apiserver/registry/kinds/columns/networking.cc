#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "apiserver/registry/kinds/columns/kind_columns.h"
#include "common/api/time.h"
#include "k8s/core/v1.pb.h"
#include "k8s/networking/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::networking::v1::Ingress;
using k8s::networking::v1::IngressClass;
using k8s::networking::v1::IPAddress;
using k8s::networking::v1::NetworkPolicy;
using k8s::networking::v1::ServiceCIDR;

// Rules beyond the third are counted whether they have a host or not.
std::string Hosts(const Ingress& ingress) {
  constexpr size_t kShown = 3;
  std::vector<std::string> hosts;
  for (const auto& rule : ingress.spec().rules()) {
    if (hosts.size() == kShown) {
      return absl::StrCat(absl::StrJoin(hosts, ","), " + ", ingress.spec().rules_size() - static_cast<int>(kShown),
                          " more...");
    }
    if (!rule.host().empty()) hosts.push_back(rule.host());
  }
  return hosts.empty() ? "*" : absl::StrJoin(hosts, ",");
}

std::string Addresses(const Ingress& ingress) {
  std::set<std::string> addresses;
  for (const auto& balanced : ingress.status().loadbalancer().ingress()) {
    addresses.insert(balanced.ip().empty() ? balanced.hostname() : balanced.ip());
  }
  return absl::StrJoin(addresses, ",");
}

std::string Parameters(const IngressClass& ingress_class) {
  if (!ingress_class.spec().has_parameters()) return "<none>";
  const auto& parameters = ingress_class.spec().parameters();
  const std::string group = parameters.apigroup().empty() ? "" : absl::StrCat(".", parameters.apigroup());
  return absl::StrCat(parameters.kind(), group, "/", parameters.name());
}

std::string ParentText(const IPAddress& address) {
  if (!address.spec().has_parentref()) return "<none>";
  const auto& parent = address.spec().parentref();
  std::string text = parent.resource();
  if (!parent.group().empty()) absl::StrAppend(&text, ".", parent.group());
  if (!parent.namespace_().empty()) absl::StrAppend(&text, "/", parent.namespace_());
  return absl::StrCat(text, "/", parent.name());
}

}  // namespace

Columns IngressColumns() {
  return {NameColumn(),
          Text<Ingress>("Class", [](const Ingress& i) { return OrNone(i.spec().ingressclassname()); }),
          Text<Ingress>("Hosts", Hosts),
          Text<Ingress>("Address", Addresses),
          Text<Ingress>("Ports",
                        [](const Ingress& i) -> std::string { return i.spec().tls_size() > 0 ? "80, 443" : "80"; }),
          AgeColumn()};
}

Columns IngressClassColumns() {
  return {NameColumn(), Text<IngressClass>("Controller", [](const IngressClass& c) { return c.spec().controller(); }),
          Text<IngressClass>("Parameters", Parameters), AgeColumn()};
}

Columns NetworkPolicyColumns() {
  return {NameColumn(),
          Text<NetworkPolicy>("Pod-Selector",
                              [](const NetworkPolicy& p) { return OrNone(SelectorText(p.spec().podselector())); }),
          AgeColumn()};
}

Columns ServiceCidrColumns() {
  return {NameColumn(), Text<ServiceCIDR>("CIDRs", [](const ServiceCIDR& c) { return Joined(c.spec().cidrs()); }),
          AgeColumn()};
}

// Upstream sends the age too, but no header for it, so that no client shows it.
Columns IpAddressColumns() { return {NameColumn(), Text<IPAddress>("ParentRef", ParentText)}; }

}  // namespace kubelite::apiserver
