#include "apiserver/registry/kinds/defaults/kind_defaults.h"
#include "common/api/int_or_string.h"
#include "k8s/core/v1.pb.h"
#include "k8s/discovery/v1.pb.h"
#include "k8s/networking/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::core::v1::Endpoints;
using k8s::core::v1::Service;
using k8s::core::v1::ServiceSpec;
using k8s::discovery::v1::EndpointSlice;
using k8s::networking::v1::IngressClass;
using k8s::networking::v1::NetworkPolicy;

void DefaultSessionAffinity(ServiceSpec* spec) {
  if (spec->sessionaffinity().empty()) spec->set_sessionaffinity("None");
  if (spec->sessionaffinity() == "None") spec->clear_sessionaffinityconfig();
  if (spec->sessionaffinity() == "ClientIP" && !spec->sessionaffinityconfig().clientip().has_timeoutseconds()) {
    spec->mutable_sessionaffinityconfig()->mutable_clientip()->set_timeoutseconds(10800);
  }
}

void DefaultPorts(ServiceSpec* spec) {
  for (auto& port : *spec->mutable_ports()) {
    if (port.protocol().empty()) port.set_protocol("TCP");
    const bool unset = !port.has_targetport() || (api::IsString(port.targetport()) ? port.targetport().strval().empty()
                                                                                   : port.targetport().intval() == 0);
    if (unset) *port.mutable_targetport() = api::MakeInt(port.port());
  }
}

bool ExternallyAccessible(const ServiceSpec& spec) {
  return spec.type() == "NodePort" || spec.type() == "LoadBalancer" ||
         (spec.type() == "ClusterIP" && spec.externalips_size() > 0);
}

template <typename Rules>
void DefaultPolicyPorts(Rules* rules) {
  for (auto& rule : *rules) {
    for (auto& port : *rule.mutable_ports()) {
      if (!port.has_protocol()) port.set_protocol("TCP");
    }
  }
}

}  // namespace

void DefaultService(api::Object* object) {
  auto* service = static_cast<Service*>(object);
  ServiceSpec* spec = service->mutable_spec();
  DefaultSessionAffinity(spec);
  if (spec->type().empty()) spec->set_type("ClusterIP");
  DefaultPorts(spec);
  if (spec->externaltrafficpolicy().empty() && ExternallyAccessible(*spec)) spec->set_externaltrafficpolicy("Cluster");
  if (spec->internaltrafficpolicy().empty() && spec->type() != "ExternalName") {
    spec->set_internaltrafficpolicy("Cluster");
  }
  if (spec->type() != "LoadBalancer") return;
  if (!spec->has_allocateloadbalancernodeports()) spec->set_allocateloadbalancernodeports(true);
  if (!service->has_status()) return;
  for (auto& ingress : *service->mutable_status()->mutable_loadbalancer()->mutable_ingress()) {
    if (!ingress.ip().empty() && !ingress.has_ipmode()) ingress.set_ipmode("VIP");
  }
}

void DefaultEndpoints(api::Object* object) {
  for (auto& subset : *static_cast<Endpoints*>(object)->mutable_subsets()) {
    for (auto& port : *subset.mutable_ports()) {
      if (port.protocol().empty()) port.set_protocol("TCP");
    }
  }
}

void DefaultEndpointSlice(api::Object* object) {
  for (auto& port : *static_cast<EndpointSlice*>(object)->mutable_ports()) {
    if (!port.has_name()) port.set_name("");
    if (!port.has_protocol()) port.set_protocol("TCP");
  }
}

void DefaultIngressClass(api::Object* object) {
  auto* spec = static_cast<IngressClass*>(object)->mutable_spec();
  if (spec->has_parameters() && !spec->parameters().has_scope()) spec->mutable_parameters()->set_scope("Cluster");
}

void DefaultNetworkPolicy(api::Object* object) {
  auto* spec = static_cast<NetworkPolicy*>(object)->mutable_spec();
  DefaultPolicyPorts(spec->mutable_ingress());
  DefaultPolicyPorts(spec->mutable_egress());
  if (spec->policytypes_size() > 0) return;
  spec->add_policytypes("Ingress");
  if (spec->egress_size() > 0) spec->add_policytypes("Egress");
}

}  // namespace kubelite::apiserver
