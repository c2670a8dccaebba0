#pragma once

#include "apiserver/registry/resource_def.h"

namespace kubelite::apiserver {

// Upstream's defaults of each kind (pkg/apis/<group>/<version>/defaults.go), in the file of its group. Idempotent.
// `object` must be of the kind.
void DefaultDeployment(api::Object* object);  // workloads.cc
void DefaultReplicaSet(api::Object* object);
void DefaultReplicationController(api::Object* object);
void DefaultStatefulSet(api::Object* object);
void DefaultDaemonSet(api::Object* object);
void DefaultPodTemplateObject(api::Object* object);
void DefaultJob(api::Object* object);  // batch.cc
void DefaultCronJob(api::Object* object);
void DefaultService(api::Object* object);  // networking.cc
void DefaultEndpoints(api::Object* object);
void DefaultEndpointSlice(api::Object* object);
void DefaultIngressClass(api::Object* object);
void DefaultNetworkPolicy(api::Object* object);
void DefaultPersistentVolume(api::Object* object);  // storage.cc
void DefaultPersistentVolumeClaim(api::Object* object);
void DefaultStorageClass(api::Object* object);
void DefaultCsiDriver(api::Object* object);
void DefaultAutoscaler(api::Object* object);  // policy.cc
void DefaultPriorityClass(api::Object* object);
void DefaultLimitRange(api::Object* object);
void DefaultRoleBinding(api::Object* object);  // rbac.cc
void DefaultClusterRoleBinding(api::Object* object);
void DefaultMutatingWebhooks(api::Object* object);  // admission.cc
void DefaultValidatingWebhooks(api::Object* object);
void DefaultValidatingPolicy(api::Object* object);
void DefaultValidatingPolicyBinding(api::Object* object);
void DefaultMutatingPolicy(api::Object* object);
void DefaultMutatingPolicyBinding(api::Object* object);
void DefaultCustomResourceDefinition(api::Object* object);  // extensions.cc
void DefaultApiService(api::Object* object);
void DefaultFlowSchema(api::Object* object);
void DefaultPriorityLevel(api::Object* object);
void DefaultResourceClaim(api::Object* object);  // devices.cc
void DefaultResourceClaimTemplate(api::Object* object);

}  // namespace kubelite::apiserver
