#pragma once

#include <vector>

#include "apiserver/registry/resource_def.h"

namespace kubelite::apiserver {

// The rows of kinds that have hooks of their own, a function per group (kinds.cc). Every other resource of the schema
// is served with generic behaviour (registry/all.cc). The hooks themselves are in columns/, defaults/ and validation/.
std::vector<ResourceDef> KindDefs();

std::vector<ResourceDef> ClusterResources();     // Namespace, Node, ComponentStatus
std::vector<ResourceDef> PodResources();         // Pod, PodTemplate
std::vector<ResourceDef> ConfigResources();      // ConfigMap, Secret, ServiceAccount, Lease
std::vector<ResourceDef> EventResources();       // Event
std::vector<ResourceDef> WorkloadResources();    // Deployment, ReplicaSet, StatefulSet, DaemonSet, ...
std::vector<ResourceDef> BatchResources();       // Job, CronJob
std::vector<ResourceDef> NetworkingResources();  // Service, Endpoints, EndpointSlice, Ingress, NetworkPolicy, ...
std::vector<ResourceDef> StorageResources();     // PersistentVolume and its claims and classes, CSI
std::vector<ResourceDef> PolicyResources();      // quotas, limits, disruption budgets, priorities, autoscalers, ...
std::vector<ResourceDef> RbacResources();        // roles, bindings, certificate requests
std::vector<ResourceDef> AdmissionResources();   // webhooks and admission policies
std::vector<ResourceDef> ExtensionResources();   // CustomResourceDefinition, APIService, flow control
std::vector<ResourceDef> DeviceResources();      // resource.k8s.io

}  // namespace kubelite::apiserver
