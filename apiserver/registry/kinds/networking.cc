// Service, Endpoints, EndpointSlice and networking.k8s.io.

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

// The name of an IPAddress is the address.
std::vector<std::string> ValidateAddressName(absl::string_view name) {
  if (api::ValidateIpAddress(name).empty()) return {};
  return {"must be a canonical IP address"};
}

}  // namespace

std::vector<ResourceDef> NetworkingResources() {
  return {
      {.info = &api::ResourceOf<k8s::core::v1::Service>(),
       .set_defaults = DefaultService,
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
