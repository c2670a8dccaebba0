#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "apiserver/registry/kinds/testing/kind_checks.h"

namespace kubelite::apiserver {
namespace {

using ::testing::HasSubstr;

struct Case {
  const char* type;   // "apps/v1 Deployment"
  const char* given;  // the rest of the manifest, without metadata
  const char* full;   // the same with the defaults
};

// Containers as they are written and as they are with defaults.
constexpr char kPod[] = "{spec: {containers: [{name: c, image: \"i:1\"}]}}";
constexpr char kFullPod[] =
    "{spec: {containers: [{name: c, image: \"i:1\", imagePullPolicy: IfNotPresent, terminationMessagePath: "
    "/dev/termination-log, terminationMessagePolicy: File}], dnsPolicy: ClusterFirst, restartPolicy: Always, "
    "securityContext: {}, terminationGracePeriodSeconds: 30, schedulerName: default-scheduler}}";

std::string Manifest(const char* type, const char* rest) {
  const std::string text = type;
  const size_t blank = text.find(' ');
  return absl::StrCat("apiVersion: ", text.substr(0, blank), "\nkind: ", text.substr(blank + 1),
                      "\nmetadata: {name: x, labels: {l: m}}\n", rest);
}

void Check(std::initializer_list<Case> cases) {
  for (const Case& test : cases) {
    SCOPED_TRACE(test.type);
    EXPECT_EQ(Defaulted(Manifest(test.type, test.given)), Json(Manifest(test.type, test.full)));
    // Objects that are read back get them again.
    EXPECT_EQ(Defaulted(Manifest(test.type, test.full)), Json(Manifest(test.type, test.full)));
  }
}

void CheckTemplate(const char* type, const std::string& given, const std::string& full) {
  const std::string before = absl::StrCat("spec: {", given, "template: ", kPod, "}");
  const std::string after = absl::StrCat("spec: {", full, "template: ", kFullPod, "}");
  Check({{type, before.c_str(), after.c_str()}});
}

TEST(Defaults, WorkloadsShareThoseOfTheirPodTemplate) {
  CheckTemplate("apps/v1 Deployment", "",
                "replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600, strategy: {type: RollingUpdate, "
                "rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}}, ");
  CheckTemplate("apps/v1 ReplicaSet", "", "replicas: 1, ");
  CheckTemplate("apps/v1 StatefulSet", "",
                "replicas: 1, revisionHistoryLimit: 10, podManagementPolicy: OrderedReady, updateStrategy: {type: "
                "RollingUpdate, rollingUpdate: {partition: 0}}, persistentVolumeClaimRetentionPolicy: {whenDeleted: "
                "Retain, whenScaled: Retain}, ");
  CheckTemplate("apps/v1 StatefulSet", "updateStrategy: {type: OnDelete}, ",
                "replicas: 1, revisionHistoryLimit: 10, podManagementPolicy: OrderedReady, updateStrategy: {type: "
                "OnDelete}, persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Retain}, ");
  CheckTemplate("apps/v1 DaemonSet", "",
                "revisionHistoryLimit: 10, updateStrategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 1, "
                "maxSurge: 0}}, ");
  CheckTemplate("batch/v1 Job", "",
                "completions: 1, parallelism: 1, backoffLimit: 6, completionMode: NonIndexed, suspend: false, "
                "manualSelector: false, podReplacementPolicy: TerminatingOrFailed, ");
  CheckTemplate("batch/v1 Job",
                "parallelism: 2, completions: 3, completionMode: Indexed, backoffLimitPerIndex: 1, podFailurePolicy: "
                "{rules: [{action: Ignore, onPodConditions: [{type: DisruptionTarget}]}]}, ",
                "parallelism: 2, completions: 3, completionMode: Indexed, backoffLimitPerIndex: 1, podFailurePolicy: "
                "{rules: [{action: Ignore, onPodConditions: [{type: DisruptionTarget, status: \"True\"}]}]}, "
                "backoffLimit: 2147483647, suspend: false, manualSelector: false, podReplacementPolicy: Failed, ");
}

TEST(Defaults, CronJobsLeaveTheJobOfTheirTemplateAlone) {
  const std::string before = absl::StrCat("spec: {schedule: \"@daily\", jobTemplate: {spec: {template: ", kPod, "}}}");
  const std::string after = absl::StrCat(
      "spec: {schedule: \"@daily\", concurrencyPolicy: Allow, suspend: false, successfulJobsHistoryLimit: "
      "3, failedJobsHistoryLimit: 1, jobTemplate: {spec: {template: ",
      kFullPod, "}}}");
  Check({{"batch/v1 CronJob", before.c_str(), after.c_str()}});
}

TEST(Defaults, JobsAndReplicationControllersTakeTheLabelsOfTheirTemplate) {
  constexpr char kLabelled[] = "metadata: {name: x}\nspec: {template: {metadata: {labels: {a: b}}, spec: {}}}";
  const std::string job = Defaulted(absl::StrCat("apiVersion: batch/v1\nkind: Job\n", kLabelled));
  EXPECT_THAT(job, HasSubstr("\"labels\":{\"a\":\"b\"},\"name\":\"x\""));
  const std::string rc = Defaulted(absl::StrCat("apiVersion: v1\nkind: ReplicationController\n", kLabelled));
  EXPECT_THAT(rc, HasSubstr("\"labels\":{\"a\":\"b\"},\"name\":\"x\""));
  EXPECT_THAT(rc, HasSubstr("\"selector\":{\"a\":\"b\"}"));
}

TEST(Defaults, Networking) {
  Check({
      {"v1 Service", "spec: {ports: [{port: 80}, {port: 81, targetPort: web, protocol: UDP}]}",
       "spec: {type: ClusterIP, sessionAffinity: None, internalTrafficPolicy: Cluster, ports: [{port: 80, protocol: "
       "TCP, targetPort: 80}, {port: 81, targetPort: web, protocol: UDP}]}"},
      {"v1 Service", "spec: {type: NodePort, sessionAffinity: ClientIP}",
       "spec: {type: NodePort, sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 10800}}, "
       "internalTrafficPolicy: Cluster, externalTrafficPolicy: Cluster}"},
      {"v1 Service", "spec: {type: LoadBalancer}\nstatus: {loadBalancer: {ingress: [{ip: 1.2.3.4}]}}",
       "spec: {type: LoadBalancer, sessionAffinity: None, internalTrafficPolicy: Cluster, externalTrafficPolicy: "
       "Cluster, allocateLoadBalancerNodePorts: true}\nstatus: {loadBalancer: {ingress: [{ip: 1.2.3.4, ipMode: "
       "VIP}]}}"},
      {"v1 Service", "spec: {type: ExternalName, externalName: a.b}",
       "spec: {type: ExternalName, externalName: a.b, sessionAffinity: None}"},
      {"v1 Endpoints", "subsets: [{ports: [{port: 1}]}]", "subsets: [{ports: [{port: 1, protocol: TCP}]}]"},
      {"discovery.k8s.io/v1 EndpointSlice", "addressType: IPv4\nendpoints: []\nports: [{port: 1}]",
       "addressType: IPv4\nendpoints: []\nports: [{port: 1, name: \"\", protocol: TCP}]"},
      {"networking.k8s.io/v1 IngressClass", "spec: {controller: a/b, parameters: {kind: k, name: v}}",
       "spec: {controller: a/b, parameters: {kind: k, name: v, scope: Cluster}}"},
      {"networking.k8s.io/v1 NetworkPolicy", "spec: {podSelector: {}, egress: [{ports: [{port: 1}]}]}",
       "spec: {podSelector: {}, egress: [{ports: [{port: 1, protocol: TCP}]}], policyTypes: [Ingress, Egress]}"},
      {"networking.k8s.io/v1 NetworkPolicy", "spec: {podSelector: {}}",
       "spec: {podSelector: {}, policyTypes: [Ingress]}"},
  });
}

TEST(Defaults, Storage) {
  Check({
      {"v1 PersistentVolume", "spec: {hostPath: {path: /x}}",
       "spec: {hostPath: {path: /x, type: \"\"}, persistentVolumeReclaimPolicy: Retain, volumeMode: Filesystem}\n"
       "status: {phase: Pending}"},
      {"v1 PersistentVolumeClaim", "spec: {}", "spec: {volumeMode: Filesystem}\nstatus: {phase: Pending}"},
      {"storage.k8s.io/v1 StorageClass", "provisioner: p",
       "provisioner: p\nreclaimPolicy: Delete\nvolumeBindingMode: Immediate"},
      {"storage.k8s.io/v1 CSIDriver", "spec: {}",
       "spec: {attachRequired: true, podInfoOnMount: false, storageCapacity: false, fsGroupPolicy: "
       "ReadWriteOnceWithFSType, volumeLifecycleModes: [Persistent], requiresRepublish: false, seLinuxMount: false}"},
  });
}

TEST(Defaults, PoliciesAndAutoscalers) {
  Check({
      {"autoscaling/v2 HorizontalPodAutoscaler",
       "spec: {scaleTargetRef: {kind: D, name: d}, maxReplicas: 2, behavior: {scaleUp: {selectPolicy: Min}}}",
       "spec: {scaleTargetRef: {kind: D, name: d}, minReplicas: 1, maxReplicas: 2, metrics: [{type: Resource, "
       "resource: "
       "{name: cpu, target: {type: Utilization, averageUtilization: 80}}}], behavior: {scaleUp: {selectPolicy: Min, "
       "stabilizationWindowSeconds: 0, policies: [{type: Pods, value: 4, periodSeconds: 15}, {type: Percent, value: "
       "100, periodSeconds: 15}]}, scaleDown: {selectPolicy: Max, policies: [{type: Percent, value: 100, "
       "periodSeconds: 15}]}}}"},
      {"autoscaling/v1 HorizontalPodAutoscaler", "spec: {scaleTargetRef: {kind: D, name: d}, maxReplicas: 2}",
       "spec: {scaleTargetRef: {kind: D, name: d}, maxReplicas: 2, minReplicas: 1, targetCPUUtilizationPercentage: "
       "80}"},
      {"scheduling.k8s.io/v1 PriorityClass", "value: 1", "value: 1\npreemptionPolicy: PreemptLowerPriority"},
      {"v1 LimitRange",
       "spec: {limits: [{type: Container, max: {cpu: 2}, min: {memory: 1Mi}}, {type: Pod, max: {cpu: 4}}]}",
       "spec: {limits: [{type: Container, max: {cpu: 2}, min: {memory: 1Mi}, default: {cpu: 2}, defaultRequest: {cpu: "
       "2, memory: 1Mi}}, {type: Pod, max: {cpu: 4}}]}"},
      {"rbac.authorization.k8s.io/v1 RoleBinding",
       "roleRef: {kind: Role, name: r}\nsubjects: [{kind: User, name: u}, {kind: ServiceAccount, name: s, namespace: "
       "d}]",
       "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}\nsubjects: [{apiGroup: "
       "rbac.authorization.k8s.io, kind: User, name: u}, {kind: ServiceAccount, name: s, namespace: d}]"},
  });
}

TEST(Defaults, Extensions) {
  Check({
      {"admissionregistration.k8s.io/v1 MutatingWebhookConfiguration",
       "webhooks: [{name: a.b.c, sideEffects: None, admissionReviewVersions: [v1], clientConfig: {service: {name: s, "
       "namespace: d}}, rules: [{operations: [CREATE]}]}]",
       "webhooks: [{name: a.b.c, sideEffects: None, admissionReviewVersions: [v1], clientConfig: {service: {name: s, "
       "namespace: d, port: 443}}, rules: [{operations: [CREATE], scope: \"*\"}], failurePolicy: Fail, matchPolicy: "
       "Equivalent, namespaceSelector: {}, objectSelector: {}, timeoutSeconds: 10, reinvocationPolicy: Never}]"},
      {"admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy",
       "spec: {matchConstraints: {resourceRules: [{operations: [CREATE]}]}, validations: [{expression: x}]}",
       "spec: {failurePolicy: Fail, matchConstraints: {matchPolicy: Equivalent, namespaceSelector: {}, objectSelector: "
       "{}, resourceRules: [{operations: [CREATE], scope: \"*\"}]}, validations: [{expression: x}]}"},
      {"apiextensions.k8s.io/v1 CustomResourceDefinition",
       "spec: {group: a.b, scope: Namespaced, names: {plural: foos, kind: Foo}, versions: [{name: v1, served: true, "
       "storage: true}]}",
       "spec: {group: a.b, scope: Namespaced, names: {plural: foos, kind: Foo, singular: foo, listKind: FooList}, "
       "versions: [{name: v1, served: true, storage: true}], conversion: {strategy: None}}\n"
       "status: {storedVersions: [v1]}"},
      {"apiregistration.k8s.io/v1 APIService",
       "spec: {group: a.b, version: v1, groupPriorityMinimum: 1, versionPriority: 1, service: {name: s, namespace: d}}",
       "spec: {group: a.b, version: v1, groupPriorityMinimum: 1, versionPriority: 1, service: {name: s, namespace: d, "
       "port: 443}}"},
      {"flowcontrol.apiserver.k8s.io/v1 FlowSchema", "spec: {priorityLevelConfiguration: {name: p}}",
       "spec: {priorityLevelConfiguration: {name: p}, matchingPrecedence: 1000}"},
      {"flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration",
       "spec: {type: Limited, limited: {limitResponse: {type: Queue, queuing: {}}}}",
       "spec: {type: Limited, limited: {nominalConcurrencyShares: 30, lendablePercent: 0, limitResponse: {type: Queue, "
       "queuing: {handSize: 8, queues: 64, queueLengthLimit: 50}}}}"},
      {"resource.k8s.io/v1 ResourceClaim",
       "spec: {devices: {requests: [{name: a, exactly: {deviceClassName: c}}, {name: b, exactly: {deviceClassName: c, "
       "allocationMode: All}}]}}",
       "spec: {devices: {requests: [{name: a, exactly: {deviceClassName: c, allocationMode: ExactCount, count: 1}}, "
       "{name: b, exactly: {deviceClassName: c, allocationMode: All}}]}}"},
  });
}

}  // namespace
}  // namespace kubelite::apiserver
