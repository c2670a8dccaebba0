#pragma once

#include <vector>

#include "apiserver/registry/resource_def.h"

namespace kubelite::apiserver {

// The rows of kinds that have hooks of their own, one line each (kinds.cc). Every other resource of the schema is
// served with generic behaviour (registry/all.cc).
std::vector<ResourceDef> KindDefs();

// One function per kind, in the file of its family.
ResourceDef NamespaceResource();
ResourceDef NodeResource();
ResourceDef PodResource();
ResourceDef ConfigMapResource();
ResourceDef SecretResource();
ResourceDef LeaseResource();
ResourceDef EventResource();
ResourceDef DeploymentResource();
ResourceDef ReplicaSetResource();
ResourceDef ReplicationControllerResource();
// Kinds that so far have only columns.
std::vector<ResourceDef> PrintedOnlyResources();

}  // namespace kubelite::apiserver
