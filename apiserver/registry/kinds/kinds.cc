#include "apiserver/registry/kinds/kinds.h"

#include <utility>

namespace kubelite::apiserver {

std::vector<ResourceDef> KindDefs() {
  std::vector<ResourceDef> all;
  for (const auto group : {ClusterResources, PodResources, ConfigResources, EventResources, WorkloadResources,
                           BatchResources, NetworkingResources, StorageResources, PolicyResources, RbacResources,
                           AdmissionResources, ExtensionResources, DeviceResources}) {
    for (ResourceDef& def : group()) all.push_back(std::move(def));
  }
  return all;
}

}  // namespace kubelite::apiserver
