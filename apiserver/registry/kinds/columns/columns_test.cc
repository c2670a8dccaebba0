#include <gtest/gtest.h>

#include "apiserver/registry/kinds/testing/kind_checks.h"

namespace kubelite::apiserver {
namespace {

// "metadata" of an object that is a day old at the time of Cells.
constexpr char kMeta[] = "metadata: {name: x, namespace: d, creationTimestamp: \"2026-01-01T00:00:00Z\"}\n";

struct Case {
  const char* type;     // "apps/v1 Deployment"
  const char* rest;     // of the manifest
  const char* headers;  // null: those of the case before
  const char* cells;
};

std::string Manifest(const Case& test) {
  const std::string type = test.type;
  const size_t blank = type.find(' ');
  return "apiVersion: " + type.substr(0, blank) + "\nkind: " + type.substr(blank + 1) + "\n" + kMeta + test.rest;
}

void Check(std::initializer_list<Case> cases) {
  std::string headers;
  for (const Case& test : cases) {
    SCOPED_TRACE(Manifest(test));
    if (test.headers != nullptr) {
      EXPECT_EQ(Headers(Manifest(test)), test.headers);
    }
    EXPECT_EQ(Cells(Manifest(test)), test.cells);
  }
}

TEST(Columns, Workloads) {
  constexpr char kTemplate[] =
      "template: {metadata: {labels: {b: c, a: b}}, spec: {nodeSelector: {disk: ssd}, "
      "containers: [{name: c, image: i}, {name: d, image: j}]}}";
  const std::string spec = std::string("spec: {replicas: 2, selector: {matchLabels: {a: b}}, ") + kTemplate + "}\n";
  const std::string set = spec + "status: {replicas: 2, readyReplicas: 1, updatedReplicas: 2, availableReplicas: 1}";
  const std::string daemon = std::string("spec: {selector: {matchLabels: {a: b}}, ") + kTemplate +
                             "}\nstatus: {desiredNumberScheduled: 5, currentNumberScheduled: 4, numberReady: 3, "
                             "updatedNumberScheduled: 2, numberAvailable: 1, numberMisscheduled: 0}";
  const std::string rc = std::string("spec: {replicas: 2, selector: {a: b}, ") + kTemplate + "}";
  Check({
      {"apps/v1 Deployment", set.c_str(),
       "Name | Ready | Up-to-date | Available | Age | [Containers] | [Images] | [Selector]",
       "x | 1/2 | 2 | 1 | 24h | c,d | i,j | a=b"},
      {"apps/v1 ReplicaSet", spec.c_str(),
       "Name | Desired | Current | Ready | Age | [Containers] | [Images] | [Selector]",
       "x | 2 | 0 | 0 | 24h | c,d | i,j | a=b"},
      {"apps/v1 StatefulSet", spec.c_str(), "Name | Ready | Age | [Containers] | [Images]",
       "x | 0/2 | 24h | c,d | i,j"},
      {"apps/v1 DaemonSet", daemon.c_str(),
       "Name | Desired | Current | Ready | Up-to-date | Available | Node Selector | Age | [Containers] | [Images] | "
       "[Selector]",
       "x | 5 | 4 | 3 | 2 | 1 | disk=ssd | 24h | c,d | i,j | a=b"},
      {"v1 ReplicationController", rc.c_str(),
       "Name | Desired | Current | Ready | Age | [Containers] | [Images] | [Selector]",
       "x | 2 | 0 | 0 | 24h | c,d | i,j | a=b"},
      {"v1 PodTemplate", kTemplate, "Name | Containers | Images | Pod Labels", "x | c,d | i,j | a=b,b=c"},
      {"apps/v1 ControllerRevision", "revision: 7\ndata: {}", "Name | Controller | Revision | Age",
       "x | <none> | 7 | 24h"},
  });
  EXPECT_EQ(Cells("apiVersion: apps/v1\nkind: ControllerRevision\nrevision: 1\nmetadata: {name: x, ownerReferences: "
                  "[{apiVersion: apps/v1, kind: DaemonSet, name: d, uid: u, controller: true}]}"),
            "x | daemonset.apps/d | 1 | <unknown>");
}

TEST(Columns, Jobs) {
  constexpr char kHeaders[] = "Name | Status | Completions | Duration | Age | [Containers] | [Images] | [Selector]";
  Check({
      {"batch/v1 Job", "spec: {completions: 3, template: {spec: {containers: [{name: c, image: i}]}}}\n", kHeaders,
       "x | Running | 0/3 |  | 24h | c | i | <none>"},
      {"batch/v1 Job",
       "spec: {parallelism: 2, template: {spec: {}}}\nstatus: {succeeded: 1, startTime: \"2026-01-01T23:59:00Z\", "
       "conditions: [{type: Suspended, status: \"True\"}]}",
       nullptr, "x | Suspended | 1/1 of 2 | 60s | 24h |  |  | <none>"},
      {"batch/v1 Job",
       "spec: {parallelism: 1, template: {spec: {}}}\nstatus: {succeeded: 1, startTime: \"2026-01-01T00:00:00Z\", "
       "completionTime: \"2026-01-01T00:00:05Z\", conditions: [{type: Complete, status: \"True\"}]}",
       nullptr, "x | Complete | 1/1 | 5s | 24h |  |  | <none>"},
      {"batch/v1 CronJob",
       "spec: {schedule: \"@daily\", suspend: true, timeZone: Etc/UTC, jobTemplate: {spec: {template: {spec: "
       "{containers: [{name: c, image: i}]}}}}}\nstatus: {active: [{name: j}], lastScheduleTime: "
       "\"2026-01-01T23:59:30Z\"}",
       "Name | Schedule | Timezone | Suspend | Active | Last Schedule | Age | [Containers] | [Images] | [Selector]",
       "x | @daily | Etc/UTC | True | 1 | 30s | 24h | c | i | <none>"},
      {"batch/v1 CronJob", "spec: {schedule: \"* * * * *\", jobTemplate: {spec: {template: {spec: {}}}}}", nullptr,
       "x | * * * * * | <none> | <unset> | 0 | <none> | 24h |  |  | <none>"},
  });
}

TEST(Columns, Services) {
  Check({
      {"v1 Service",
       "spec: {type: NodePort, clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1], selector: {a: b}, "
       "ports: [{port: 80, nodePort: 30080, protocol: TCP}, {port: 53, protocol: UDP}]}",
       "Name | Type | Cluster-IP | External-IP | Port(s) | Age | [Selector]",
       "x | NodePort | 10.0.0.1 | <none> | 80:30080/TCP,53/UDP | 24h | a=b"},
      {"v1 Service", "spec: {type: ClusterIP, clusterIP: None, clusterIPs: [None]}", nullptr,
       "x | ClusterIP | None | <none> | <none> | 24h | <none>"},
      {"v1 Service", "spec: {type: LoadBalancer}", nullptr,
       "x | LoadBalancer | <none> | <pending> | <none> | 24h | <none>"},
      {"v1 Service",
       "spec: {type: LoadBalancer, externalIPs: [9.9.9.9]}\n"
       "status: {loadBalancer: {ingress: [{ip: 8.8.8.8}, {hostname: a.b}]}}",
       nullptr, "x | LoadBalancer | <none> | 8.8.8.8,a.b,9.9.9.9 | <none> | 24h | <none>"},
      {"v1 Service", "spec: {type: ExternalName, externalName: example.com}", nullptr,
       "x | ExternalName | <none> | example.com | <none> | 24h | <none>"},
      {"v1 Endpoints",
       "subsets: [{addresses: [{ip: 10.0.0.1}, {ip: \"fd00::1\"}], notReadyAddresses: [{ip: 10.0.0.9}], "
       "ports: [{port: 80}, {port: 443}]}]",
       "Name | Endpoints | Age", "x | 10.0.0.1:80,[fd00::1]:80,10.0.0.1:443 + 1 more... | 24h"},
      {"v1 Endpoints", "", nullptr, "x | <none> | 24h"},
      {"discovery.k8s.io/v1 EndpointSlice",
       "addressType: IPv4\nports: [{port: 80}, {name: web}, {}]\n"
       "endpoints: [{addresses: [10.0.0.1]}, {addresses: [10.0.0.2]}, {addresses: [10.0.0.3]}, "
       "{addresses: [10.0.0.4]}]",
       "Name | AddressType | Ports | Endpoints | Age",
       "x | IPv4 | 80,web,* | 10.0.0.1,10.0.0.2,10.0.0.3 + 1 more... | 24h"},
      {"discovery.k8s.io/v1 EndpointSlice", "addressType: FQDN\nendpoints: []", nullptr,
       "x | FQDN | <unset> | <unset> | 24h"},
  });
}

TEST(Columns, Networking) {
  Check({
      {"networking.k8s.io/v1 Ingress",
       "spec: {ingressClassName: nginx, tls: [{hosts: [a]}], rules: [{host: a.b}, {host: c.d}]}\n"
       "status: {loadBalancer: {ingress: [{ip: 1.2.3.4}]}}",
       "Name | Class | Hosts | Address | Ports | Age", "x | nginx | a.b,c.d | 1.2.3.4 | 80, 443 | 24h"},
      {"networking.k8s.io/v1 Ingress", "spec: {rules: [{host: a}, {host: b}, {host: c}, {host: d}, {host: e}]}",
       nullptr, "x | <none> | a,b,c + 2 more... |  | 80 | 24h"},
      {"networking.k8s.io/v1 IngressClass",
       "spec: {controller: a.b/c, parameters: {apiGroup: k8s.example.com, kind: P, name: nm}}",
       "Name | Controller | Parameters | Age", "x | a.b/c | P.k8s.example.com/nm | 24h"},
      {"networking.k8s.io/v1 NetworkPolicy", "spec: {podSelector: {}}", "Name | Pod-Selector | Age",
       "x | <none> | 24h"},
      {"networking.k8s.io/v1 NetworkPolicy", "spec: {podSelector: {matchLabels: {a: b}}}", nullptr, "x | a=b | 24h"},
      {"networking.k8s.io/v1 ServiceCIDR", "spec: {cidrs: [10.0.0.0/8, fd00::/64]}", "Name | CIDRs | Age",
       "x | 10.0.0.0/8,fd00::/64 | 24h"},
      {"networking.k8s.io/v1 IPAddress", "spec: {parentRef: {resource: services, namespace: d, name: s}}",
       "Name | ParentRef", "x | services/d/s"},
  });
}

TEST(Columns, Storage) {
  Check({
      {"v1 PersistentVolume",
       "spec: {capacity: {storage: 1024Mi}, accessModes: [ReadWriteMany, ReadWriteOnce], "
       "persistentVolumeReclaimPolicy: Retain, volumeMode: Filesystem, storageClassName: fast, claimRef: {namespace: "
       "d, name: c}, hostPath: {path: /x}}\nstatus: {phase: Bound, reason: r}",
       "Name | Capacity | Access Modes | Reclaim Policy | Status | Claim | StorageClass | VolumeAttributesClass | "
       "Reason | Age | [VolumeMode]",
       "x | 1Gi | RWO,RWX | Retain | Bound | d/c | fast | <unset> | r | 24h | Filesystem"},
      {"v1 PersistentVolumeClaim",
       "spec: {volumeName: v, storageClassName: fast}\nstatus: {phase: Bound, capacity: {storage: 1Gi}, accessModes: "
       "[ReadWriteOncePod]}",
       "Name | Status | Volume | Capacity | Access Modes | StorageClass | VolumeAttributesClass | Age | [VolumeMode]",
       "x | Bound | v | 1Gi | RWOP | fast | <unset> | 24h | <unset>"},
      {"v1 PersistentVolumeClaim", "spec: {}\nstatus: {phase: Pending}", nullptr,
       "x | Pending |  |  |  |  | <unset> | 24h | <unset>"},
      {"storage.k8s.io/v1 StorageClass", "provisioner: a.b/c",
       "Name | Provisioner | ReclaimPolicy | VolumeBindingMode | AllowVolumeExpansion | Age",
       "x | a.b/c | Delete | Immediate | false | 24h"},
      {"storage.k8s.io/v1 VolumeAttachment",
       "spec: {attacher: a, nodeName: nd, source: {persistentVolumeName: v}}\nstatus: {attached: true}",
       "Name | Attacher | PV | Node | Attached | Age", "x | a | v | nd | true | 24h"},
      {"storage.k8s.io/v1 VolumeAttributesClass", "driverName: d", "Name | DriverName | Age", "x | d | 24h"},
      {"storage.k8s.io/v1 CSIDriver", "spec: {volumeLifecycleModes: [Persistent, Ephemeral]}",
       "Name | AttachRequired | PodInfoOnMount | StorageCapacity | TokenRequests | RequiresRepublish | Modes | Age",
       "x | true | false | false | <unset> | false | Persistent,Ephemeral | 24h"},
      {"storage.k8s.io/v1 CSINode", "spec: {drivers: [{name: a, nodeID: b}]}", "Name | Drivers | Age", "x | 1 | 24h"},
  });
  EXPECT_EQ(Cells("apiVersion: storage.k8s.io/v1\nkind: StorageClass\nprovisioner: p\nmetadata: {name: x, annotations: "
                  "{storageclass.kubernetes.io/is-default-class: \"true\"}}"),
            "x (default) | p | Delete | Immediate | false | <unknown>");
}

TEST(Columns, Autoscalers) {
  constexpr char kHeaders[] = "Name | Reference | Targets | MinPods | MaxPods | Replicas | Age";
  Check({
      {"autoscaling/v2 HorizontalPodAutoscaler",
       "spec: {scaleTargetRef: {kind: Deployment, name: web}, minReplicas: 1, maxReplicas: 5, metrics: [{type: "
       "Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]}",
       kHeaders, "x | Deployment/web | cpu: <unknown>/80% | 1 | 5 | 0 | 24h"},
      {"autoscaling/v2 HorizontalPodAutoscaler",
       "spec: {scaleTargetRef: {kind: Deployment, name: web}, maxReplicas: 5, metrics: [{type: Pods, pods: {metric: "
       "{name: rps}, target: {type: AverageValue, averageValue: 1k}}}, {type: Resource, resource: {name: memory, "
       "target: {type: AverageValue, averageValue: 1Gi}}}, {type: External, external: {metric: {name: q}, target: "
       "{type: Value, value: 3}}}]}\nstatus: {desiredReplicas: 2, currentReplicas: 2, currentMetrics: [{type: Pods, "
       "pods: {metric: {name: rps}, current: {averageValue: 500m}}}]}",
       nullptr, "x | Deployment/web | 500m/1k, memory: <unknown>/1Gi + 1 more... | <unset> | 5 | 2 | 24h"},
      {"autoscaling/v1 HorizontalPodAutoscaler",
       "spec: {scaleTargetRef: {kind: Deployment, name: web}, maxReplicas: 5, targetCPUUtilizationPercentage: 50}\n"
       "status: {currentReplicas: 1, desiredReplicas: 1}",
       kHeaders, "x | Deployment/web | cpu: <unknown>/50% | <unset> | 5 | 1 | 24h"},
  });
}

TEST(Columns, Policies) {
  Check({
      {"policy/v1 PodDisruptionBudget",
       "spec: {minAvailable: 50%}\nstatus: {disruptionsAllowed: 2, currentHealthy: 0, "
       "desiredHealthy: 0, expectedPods: 0}",
       "Name | Min Available | Max Unavailable | Allowed Disruptions | Age", "x | 50% | N/A | 2 | 24h"},
      {"scheduling.k8s.io/v1 PriorityClass", "value: 5\npreemptionPolicy: Never",
       "Name | Value | Global-Default | Age | PreemptionPolicy", "x | 5 | false | 24h | Never"},
      {"node.k8s.io/v1 RuntimeClass", "handler: h", "Name | Handler | Age", "x | h | 24h"},
      {"v1 ResourceQuota", "status: {hard: {pods: 10, limits.cpu: 2, cpu: 1}, used: {pods: 3, cpu: 500m}}",
       "Name | Request | Limit | Age", "x | cpu: 500m/1, pods: 3/10 | limits.cpu: 0/2 | 24h"},
      {"v1 ServiceAccount", "", "Name | Age", "x | 24h"},
      {"v1 LimitRange", "", "", ""},
  });
}

TEST(Columns, Access) {
  Check({
      {"rbac.authorization.k8s.io/v1 RoleBinding",
       "roleRef: {kind: Role, name: r, apiGroup: g}\nsubjects: [{kind: User, name: u}, {kind: User, name: v}, {kind: "
       "Group, name: g}, {kind: ServiceAccount, namespace: d, name: s}]",
       "Name | Role | Age | [Users] | [Groups] | [ServiceAccounts]", "x | Role/r | 24h | u, v | g | d/s"},
      {"certificates.k8s.io/v1 CertificateSigningRequest",
       "spec: {request: eA==, signerName: a.b/c, username: bob, expirationSeconds: 3600}",
       "Name | Age | SignerName | Requestor | RequestedDuration | Condition", "x | 24h | a.b/c | bob | 60m | Pending"},
      {"certificates.k8s.io/v1 CertificateSigningRequest",
       "spec: {request: eA==, signerName: a.b/c}\nstatus: {certificate: eA==, conditions: [{type: Approved, status: "
       "\"True\"}]}",
       nullptr, "x | 24h | a.b/c |  | <none> | Approved,Issued"},
  });
}

TEST(Columns, Extensions) {
  Check({
      {"admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration", "webhooks: [{name: a}]",
       "Name | Webhooks | Age", "x | 1 | 24h"},
      {"admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy",
       "spec: {validations: [{expression: a}], paramKind: {apiVersion: v1, kind: ConfigMap}}",
       "Name | Validations | ParamKind | Age", "x | 1 | v1/ConfigMap | 24h"},
      {"admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding",
       "spec: {policyName: p, paramRef: {name: nm}}", "Name | PolicyName | ParamRef | Age", "x | p | */nm | 24h"},
      {"apiregistration.k8s.io/v1 APIService",
       "spec: {groupPriorityMinimum: 1, versionPriority: 1, service: {namespace: ns, name: s}}\nstatus: {conditions: "
       "[{type: Available, status: \"False\", reason: Lost}]}",
       "Name | Service | Available | Age", "x | ns/s | False (Lost) | 24h"},
      {"apiregistration.k8s.io/v1 APIService", "spec: {groupPriorityMinimum: 1, versionPriority: 1}", nullptr,
       "x | Local | Unknown | 24h"},
      {"flowcontrol.apiserver.k8s.io/v1 FlowSchema",
       "spec: {matchingPrecedence: 9, priorityLevelConfiguration: {name: p}, distinguisherMethod: {type: ByUser}}",
       "Name | PriorityLevel | MatchingPrecedence | DistinguisherMethod | Age | MissingPL",
       "x | p | 9 | ByUser | 24h | ?"},
      {"flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration",
       "spec: {type: Limited, limited: {nominalConcurrencyShares: 5, limitResponse: {type: Queue, queuing: {queues: 8, "
       "handSize: 2, queueLengthLimit: 50}}}}",
       "Name | Type | NominalConcurrencyShares | Queues | HandSize | QueueLengthLimit | Age",
       "x | Limited | 5 | 8 | 2 | 50 | 24h"},
      {"resource.k8s.io/v1 ResourceClaim", "status: {reservedFor: [{resource: pods, name: p, uid: u}]}",
       "Name | State | Age", "x | pending,reserved | 24h"},
      {"v1 ComponentStatus", "conditions: [{type: Healthy, status: \"True\", message: ok}]",
       "Name | Status | Message | Error", "x | Healthy | ok | "},
  });
}

}  // namespace
}  // namespace kubelite::apiserver
