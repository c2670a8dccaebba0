#pragma once

#include "apiserver/registry/kinds/columns/columns.h"

namespace kubelite::apiserver {

// The columns of each kind, in the file of its group; kinds that are not here print their name and when they were
// created. Texts are upstream's.
Columns PodTemplateColumns();  // core.cc
Columns ReplicationControllerColumns();
Columns ComponentStatusColumns();
Columns ResourceQuotaColumns();
Columns DeploymentColumns();  // apps.cc
Columns ReplicaSetColumns();
Columns StatefulSetColumns();
Columns DaemonSetColumns();
Columns ControllerRevisionColumns();
Columns JobColumns();  // batch.cc
Columns CronJobColumns();
Columns ServiceColumns();  // service.cc
Columns EndpointsColumns();
Columns EndpointSliceColumns();
Columns IngressColumns();  // networking.cc
Columns IngressClassColumns();
Columns NetworkPolicyColumns();
Columns ServiceCidrColumns();
Columns IpAddressColumns();
Columns PersistentVolumeColumns();  // storage.cc
Columns PersistentVolumeClaimColumns();
Columns StorageClassColumns();
Columns VolumeAttachmentColumns();
Columns VolumeAttributesClassColumns();
Columns CsiDriverColumns();
Columns CsiNodeColumns();
Columns AutoscalerColumns();        // autoscaling.cc
Columns DisruptionBudgetColumns();  // policy.cc
Columns PriorityClassColumns();
Columns RuntimeClassColumns();
Columns RoleBindingColumns();  // rbac.cc
Columns ClusterRoleBindingColumns();
Columns CertificateRequestColumns();
Columns MutatingWebhookColumns();  // admission.cc
Columns ValidatingWebhookColumns();
Columns ValidatingPolicyColumns();
Columns ValidatingPolicyBindingColumns();
Columns MutatingPolicyColumns();
Columns MutatingPolicyBindingColumns();
Columns ApiServiceColumns();  // aggregation.cc
Columns FlowSchemaColumns();
Columns PriorityLevelColumns();
Columns ResourceClaimColumns();  // resource.cc
Columns ResourceSliceColumns();

}  // namespace kubelite::apiserver
