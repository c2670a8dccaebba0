// Service, Endpoints, EndpointSlice, Ingress, IngressClass, NetworkPolicy, ServiceCIDR, IPAddress.

#include "apiserver/registry/kinds/columns/kind_columns.h"
#include "apiserver/registry/kinds/defaults/kind_defaults.h"
#include "apiserver/registry/kinds/kinds.h"
#include "k8s/core/v1.pb.h"
#include "k8s/discovery/v1.pb.h"
#include "k8s/networking/v1.pb.h"

namespace kubelite::apiserver {

std::vector<ResourceDef> NetworkingResources() {
  return {
      {.info = &api::ResourceOf<k8s::core::v1::Service>(), .set_defaults = DefaultService, .columns = ServiceColumns()},
      {.info = &api::ResourceOf<k8s::core::v1::Endpoints>(),
       .set_defaults = DefaultEndpoints,
       .columns = EndpointsColumns()},
      {.info = &api::ResourceOf<k8s::discovery::v1::EndpointSlice>(),
       .set_defaults = DefaultEndpointSlice,
       .columns = EndpointSliceColumns()},
      {.info = &api::ResourceOf<k8s::networking::v1::Ingress>(), .columns = IngressColumns()},
      {.info = &api::ResourceOf<k8s::networking::v1::IngressClass>(),
       .set_defaults = DefaultIngressClass,
       .columns = IngressClassColumns()},
      {.info = &api::ResourceOf<k8s::networking::v1::NetworkPolicy>(),
       .set_defaults = DefaultNetworkPolicy,
       .columns = NetworkPolicyColumns()},
      {.info = &api::ResourceOf<k8s::networking::v1::ServiceCIDR>(), .columns = ServiceCidrColumns()},
      {.info = &api::ResourceOf<k8s::networking::v1::IPAddress>(), .columns = IpAddressColumns()},
  };
}

}  // namespace kubelite::apiserver
