#pragma once

#include "apiserver/registry/resource_def.h"

namespace kubelite::apiserver {

// The rules of each kind (upstream: pkg/apis/<group>/validation), in the file of its group, on top of the generic rules
// of metadata. All problems are reported at once, with upstream's texts and paths. Defaults have been applied before.
// Rules of kinds ("Validate...") run on create and update; what may not change ("...Update") only on update.
using api::FieldErrors;
using api::Object;

void ValidateDeployment(const Object& object, FieldErrors* errors);  // workloads.cc
void ValidateDeploymentUpdate(const Object& object, const Object& old, FieldErrors* errors);
void ValidateReplicaSet(const Object& object, FieldErrors* errors);
void ValidateReplicaSetUpdate(const Object& object, const Object& old, FieldErrors* errors);
void ValidateReplicationController(const Object& object, FieldErrors* errors);
void ValidatePodTemplateObject(const Object& object, FieldErrors* errors);
void ValidateReplicaStatus(const Object& object, const Object& old, FieldErrors* errors);
void ValidateStatefulSet(const Object& object, FieldErrors* errors);  // sets.cc
void ValidateStatefulSetUpdate(const Object& object, const Object& old, FieldErrors* errors);
void ValidateDaemonSet(const Object& object, FieldErrors* errors);
void ValidateDaemonSetUpdate(const Object& object, const Object& old, FieldErrors* errors);
void ValidateControllerRevision(const Object& object, FieldErrors* errors);
void ValidateControllerRevisionUpdate(const Object& object, const Object& old, FieldErrors* errors);
void ValidateJob(const Object& object, FieldErrors* errors);  // job.cc
void ValidateJobUpdate(const Object& object, const Object& old, FieldErrors* errors);
void ValidateCronJob(const Object& object, FieldErrors* errors);  // cron_job.cc

void ValidateService(const Object& object, FieldErrors* errors);  // service.cc
void ValidateServiceUpdate(const Object& object, const Object& old, FieldErrors* errors);
void ValidateServiceStatus(const Object& object, const Object& old, FieldErrors* errors);
void ValidateEndpoints(const Object& object, FieldErrors* errors);  // endpoints.cc
void ValidateEndpointSlice(const Object& object, FieldErrors* errors);
void ValidateEndpointSliceUpdate(const Object& object, const Object& old, FieldErrors* errors);
void ValidateIngress(const Object& object, FieldErrors* errors);  // ingress.cc
void ValidateIngressStatus(const Object& object, const Object& old, FieldErrors* errors);
void ValidateIngressClass(const Object& object, FieldErrors* errors);
void ValidateIngressClassUpdate(const Object& object, const Object& old, FieldErrors* errors);
void ValidateNetworkPolicy(const Object& object, FieldErrors* errors);  // network_policy.cc
void ValidateIpAddress(const Object& object, FieldErrors* errors);
void ValidateIpAddressUpdate(const Object& object, const Object& old, FieldErrors* errors);
void ValidateServiceCidr(const Object& object, FieldErrors* errors);
void ValidateServiceCidrUpdate(const Object& object, const Object& old, FieldErrors* errors);

void ValidatePersistentVolume(const Object& object, FieldErrors* errors);  // volumes.cc
void ValidatePersistentVolumeUpdate(const Object& object, const Object& old, FieldErrors* errors);
void ValidatePersistentVolumeClaim(const Object& object, FieldErrors* errors);
void ValidatePersistentVolumeClaimUpdate(const Object& object, const Object& old, FieldErrors* errors);
void ValidateStorageClass(const Object& object, FieldErrors* errors);  // storage.cc
void ValidateStorageClassUpdate(const Object& object, const Object& old, FieldErrors* errors);
void ValidateVolumeAttachment(const Object& object, FieldErrors* errors);
void ValidateVolumeAttachmentUpdate(const Object& object, const Object& old, FieldErrors* errors);
void ValidateVolumeAttributesClass(const Object& object, FieldErrors* errors);
void ValidateVolumeAttributesClassUpdate(const Object& object, const Object& old, FieldErrors* errors);
void ValidateCsiDriver(const Object& object, FieldErrors* errors);
void ValidateCsiDriverUpdate(const Object& object, const Object& old, FieldErrors* errors);
void ValidateCsiNode(const Object& object, FieldErrors* errors);
void ValidateCsiStorageCapacity(const Object& object, FieldErrors* errors);
void ValidateCsiStorageCapacityUpdate(const Object& object, const Object& old, FieldErrors* errors);

void ValidateAutoscaler(const Object& object, FieldErrors* errors);     // autoscaler.cc
void ValidateResourceQuota(const Object& object, FieldErrors* errors);  // quota.cc
void ValidateResourceQuotaUpdate(const Object& object, const Object& old, FieldErrors* errors);
void ValidateLimitRange(const Object& object, FieldErrors* errors);
void ValidateDisruptionBudget(const Object& object, FieldErrors* errors);  // policy.cc
void ValidatePriorityClass(const Object& object, FieldErrors* errors);
void ValidatePriorityClassUpdate(const Object& object, const Object& old, FieldErrors* errors);
void ValidateRuntimeClass(const Object& object, FieldErrors* errors);
void ValidateRuntimeClassUpdate(const Object& object, const Object& old, FieldErrors* errors);
void ValidateRole(const Object& object, FieldErrors* errors);  // rbac.cc
void ValidateClusterRole(const Object& object, FieldErrors* errors);
void ValidateRoleBinding(const Object& object, FieldErrors* errors);
void ValidateRoleBindingUpdate(const Object& object, const Object& old, FieldErrors* errors);
void ValidateClusterRoleBinding(const Object& object, FieldErrors* errors);
void ValidateClusterRoleBindingUpdate(const Object& object, const Object& old, FieldErrors* errors);
void ValidateCertificateRequest(const Object& object, FieldErrors* errors);  // certificates.cc
void ValidateCertificateApproval(const Object& object, FieldErrors* errors);
void ValidateCertificateRequestStatus(const Object& object, const Object& old, FieldErrors* errors);

void ValidateMutatingWebhooks(const Object& object, FieldErrors* errors);  // webhooks.cc
void ValidateValidatingWebhooks(const Object& object, FieldErrors* errors);
void ValidateValidatingPolicy(const Object& object, FieldErrors* errors);  // admission_policies.cc
void ValidateValidatingPolicyBinding(const Object& object, FieldErrors* errors);
void ValidateCustomResourceDefinition(const Object& object, FieldErrors* errors);  // custom_resources.cc
void ValidateCustomResourceDefinitionUpdate(const Object& object, const Object& old, FieldErrors* errors);
void ValidateApiService(const Object& object, FieldErrors* errors);  // aggregation.cc

}  // namespace kubelite::apiserver
