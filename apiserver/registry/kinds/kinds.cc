#include "apiserver/registry/kinds/kinds.h"

#include <utility>

namespace kubelite::apiserver {

std::vector<ResourceDef> KindDefs() {
  std::vector<ResourceDef> defs = {
      NamespaceResource(), NodeResource(),  PodResource(),        ConfigMapResource(),  SecretResource(),
      LeaseResource(),     EventResource(), DeploymentResource(), ReplicaSetResource(), ReplicationControllerResource(),
  };
  for (ResourceDef& def : PrintedOnlyResources()) defs.push_back(std::move(def));
  return defs;
}

}  // namespace kubelite::apiserver
