#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "apiserver/registry/kinds/testing/kind_checks.h"

namespace kubelite::apiserver {
namespace {

using ::testing::ElementsAreArray;

struct Case {
  const char* type;  // "apps/v1 Deployment"
  std::string rest;  // of the manifest, without metadata
  std::vector<std::string> causes;
};

std::string Manifest(const std::string& type, const std::string& rest, const std::string& name = "x") {
  const size_t blank = type.find(' ');
  return absl::StrCat("apiVersion: ", type.substr(0, blank), "\nkind: ", type.substr(blank + 1),
                      "\nmetadata: {name: ", name, "}\n", rest);
}

void Check(const std::vector<Case>& cases) {
  for (const Case& test : cases) {
    SCOPED_TRACE(absl::StrCat(test.type, "\n", test.rest));
    EXPECT_THAT(Causes(Manifest(test.type, test.rest)), ElementsAreArray(test.causes));
  }
}

struct Update {
  const char* type;
  std::string before, after;
  std::vector<std::string> causes;
};

void CheckUpdates(const std::vector<Update>& updates) {
  for (const Update& test : updates) {
    SCOPED_TRACE(absl::StrCat(test.type, "\n", test.after));
    EXPECT_THAT(UpdateCauses(Manifest(test.type, test.before), Manifest(test.type, test.after)),
                ElementsAreArray(test.causes));
  }
}

constexpr char kPod[] = "template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}";
constexpr char kJobPod[] = "template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}";

std::string Spec(absl::string_view first, absl::string_view second = kPod) {
  return absl::StrCat("spec: {", first, second, "}");
}

TEST(Rules, Workloads) {
  const std::string selector = "selector: {matchLabels: {a: b}}, ";
  Check({
      {"apps/v1 Deployment", Spec(selector), {}},
      {"apps/v1 Deployment", Spec(""), {"spec.selector: Required value"}},
      {"apps/v1 Deployment",
       Spec("replicas: -1, selector: {matchLabels: {a: c}}, "),
       {"spec.replicas: Invalid value: -1: must be greater than or equal to 0",
        "spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: `selector` does not match template `labels`"}},
      {"apps/v1 Deployment",
       Spec(selector + "strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}, "),
       {"spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"}},
      {"apps/v1 Deployment",
       Spec(selector + "strategy: {type: Recreate, rollingUpdate: {}}, "),
       {"spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"}},
      {"apps/v1 ReplicaSet",
       Spec("selector: {}, "),
       {"spec.selector: Invalid value: {}: empty selector is invalid for deployment"}},
      {"apps/v1 StatefulSet",
       Spec(selector + "podManagementPolicy: Some, serviceName: A_b, "),
       {"spec.podManagementPolicy: Invalid value: \"Some\": must be 'OrderedReady' or 'Parallel'",
        "spec.serviceName: Invalid value: \"A_b\": a lowercase RFC 1123 label must consist of lower case alphanumeric "
        "characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', "
        "regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"}},
      {"apps/v1 DaemonSet",
       Spec(selector + "updateStrategy: {rollingUpdate: {maxUnavailable: 0}}, "),
       {"spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0"}},
      {"apps/v1 ControllerRevision",
       "revision: -1",
       {"revision: Invalid value: -1: must be greater than or equal to 0", "data: Required value: data is mandatory"}},
      {"v1 ReplicationController", "spec: {}", {"spec.selector: Required value", "spec.template: Required value"}},
  });
  CheckUpdates({
      {"apps/v1 Deployment",
       Spec(selector),
       Spec("selector: {matchExpressions: [{key: a, operator: Exists}]}, "),
       {"spec.selector: Invalid value: {\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Exists\"}]}: field is "
        "immutable"}},
      {"apps/v1 StatefulSet", Spec(selector), Spec(selector + "replicas: 5, minReadySeconds: 1, "), {}},
      {"apps/v1 StatefulSet",
       Spec(selector),
       Spec(selector + "serviceName: web, "),
       {"spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
        "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are "
        "forbidden"}},
      {"apps/v1 ControllerRevision", "revision: 1\ndata: {a: 1}", "revision: 1\ndata: {a: 1}", {}},
  });
  EXPECT_THAT(
      StatusCauses(Manifest("apps/v1 Deployment", Spec(selector)),
                   Manifest("apps/v1 Deployment", Spec(selector) + "\nstatus: {replicas: 1, readyReplicas: 2}")),
      ElementsAreArray({"status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas"}));
}

TEST(Rules, Jobs) {
  Check({
      {"batch/v1 Job", Spec("", kJobPod), {}},
      {"batch/v1 Job",
       Spec(""),
       {"spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\""}},
      {"batch/v1 Job",
       Spec("completions: -1, parallelism: -1, completionMode: Indexed, ", kJobPod),
       {"spec.parallelism: Invalid value: -1: must be greater than or equal to 0",
        "spec.completions: Invalid value: -1: must be greater than or equal to 0"}},
      {"batch/v1 Job",
       Spec("completionMode: Indexed, parallelism: 1, ", kJobPod),
       {"spec.completions: Required value: when completion mode is Indexed"}},
      {"batch/v1 Job",
       Spec("backoffLimitPerIndex: 1, ", kJobPod),
       {"spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode"}},
      {"batch/v1 Job",
       Spec("selector: {matchLabels: {a: b}}, ", kJobPod),
       {"spec.template.metadata.labels: Invalid value: {\"batch.kubernetes.io/controller-uid\":\"uid\","
        "\"batch.kubernetes.io/job-name\":\"x\",\"controller-uid\":\"uid\",\"job-name\":\"x\"}: `selector` does not "
        "match template `labels`"}},
      {"batch/v1 Job",
       Spec("podFailurePolicy: {rules: [{action: Ignore}, {action: FailJob, onExitCodes: {operator: In, values: [0]}}]}"
            ", ",
            kJobPod),
       {"spec.podFailurePolicy.rules[0]: Invalid value: {\"action\":\"Ignore\"}: specifying one of OnExitCodes and "
        "OnPodConditions is required",
        "spec.podFailurePolicy.rules[1].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator"}},
      {"batch/v1 CronJob",
       absl::StrCat("spec: {schedule: \"* * *\", timeZone: Nowhere/Land, jobTemplate: {", Spec("", kJobPod), "}}"),
       {"spec.schedule: Invalid value: \"* * *\": expected exactly 5 fields, found 3: [* * *]",
        "spec.timeZone: Invalid value: \"Nowhere/Land\": unknown time zone Nowhere/Land"}},
      {"batch/v1 CronJob",
       absl::StrCat("spec: {schedule: \"TZ=UTC 0 0 * * *\", jobTemplate: {", Spec("", kJobPod), "}}"),
       {"spec.schedule: Invalid value: \"TZ=UTC 0 0 * * *\": cannot use TZ or CRON_TZ in schedule, use timeZone field "
        "instead"}},
      {"batch/v1 CronJob",
       absl::StrCat("spec: {schedule: \"0 0 32 1-13 mon-7\", jobTemplate: {", Spec("", kJobPod), "}}"),
       {"spec.schedule: Invalid value: \"0 0 32 1-13 mon-7\": end of range (32) above maximum (31): 32"}},
  });
  CheckUpdates({
      {"batch/v1 Job", Spec("", kJobPod), Spec("parallelism: 3, completions: 1, suspend: true, ", kJobPod), {}},
      {"batch/v1 Job",
       Spec("completions: 2, ", kJobPod),
       Spec("completions: 3, ", kJobPod),
       {"spec.completions: Invalid value: 3: field is immutable"}},
      {"batch/v1 Job",
       Spec("completions: 2, parallelism: 2, completionMode: Indexed, ", kJobPod),
       Spec("completions: 3, parallelism: 3, completionMode: Indexed, ", kJobPod),
       {}},
  });
}

TEST(Rules, JobsSelectTheirPodsByUid) {
  const std::string job = Created(Manifest("batch/v1 Job", Spec("", kJobPod)));
  EXPECT_NE(job.find("\"selector\":{\"matchLabels\":{\"batch.kubernetes.io/controller-uid\":\"uid\"}}"),
            std::string::npos)
      << job;
  EXPECT_NE(job.find("\"labels\":{\"batch.kubernetes.io/controller-uid\":\"uid\",\"batch.kubernetes.io/job-name\":"
                     "\"x\",\"controller-uid\":\"uid\",\"job-name\":\"x\"}"),
            std::string::npos)
      << job;
  const std::string manual = Created(Manifest("batch/v1 Job", Spec("manualSelector: true, ", kJobPod)));
  EXPECT_EQ(manual.find("controller-uid"), std::string::npos);
}

TEST(Rules, Services) {
  Check({
      {"v1 Service", "spec: {ports: [{port: 80}]}", {}},
      {"v1 Service", "spec: {clusterIP: None, selector: {a: b}}", {}},
      {"v1 Service", "spec: {}", {"spec.ports: Required value"}},
      {"v1 Service",
       "spec: {type: Other, ports: [{port: 0, protocol: ICMP, nodePort: 30000}]}",
       {"spec.type: Unsupported value: \"Other\": supported values: \"ClusterIP\", \"ExternalName\", \"LoadBalancer\", "
        "\"NodePort\"",
        "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
        "spec.ports[0].protocol: Unsupported value: \"ICMP\": supported values: \"SCTP\", \"TCP\", \"UDP\"",
        "spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive"}},
      {"v1 Service",
       "spec: {ports: [{port: 80}, {port: 80, name: Web, nodePort: 30000}]}",
       {"spec.ports[0].name: Required value",
        "spec.ports[1].name: Invalid value: \"Web\": a lowercase RFC 1123 label must consist of lower case "
        "alphanumeric "
        "characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', "
        "regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
        "spec.ports[1].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
        "spec.ports[1]: Duplicate value: {\"Name\":\"\",\"Protocol\":\"TCP\",\"AppProtocol\":null,\"Port\":80,"
        "\"TargetPort\":0,\"NodePort\":0}"}},
      {"v1 Service", "spec: {type: ExternalName}", {"spec.externalName: Required value"}},
      {"v1 Service",
       "spec: {type: NodePort, clusterIP: None, clusterIPs: [None], ports: [{port: 1}]}",
       {"spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services"}},
      {"v1 Service",
       "spec: {ports: [{port: 1}], externalIPs: [127.0.0.1], externalTrafficPolicy: Local, "
       "loadBalancerSourceRanges: [10.0.0.0/8]}",
       {"spec.externalIPs[0]: Invalid value: \"127.0.0.1\": may not be in the loopback range (127.0.0.0/8, ::1/128)",
        "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'"}},
      {"v1 Endpoints",
       "subsets: [{addresses: [{ip: 169.254.1.1}], ports: [{port: 99999}]}]",
       {"subsets[0].addresses[0].ip: Invalid value: \"169.254.1.1\": may not be in the link-local range "
        "(169.254.0.0/16, fe80::/10)",
        "subsets[0].ports[0].port: Invalid value: 99999: must be between 1 and 65535, inclusive"}},
      {"discovery.k8s.io/v1 EndpointSlice",
       "addressType: IPv4\nendpoints: [{addresses: [\"fd00::1\"]}, {addresses: []}]",
       {"endpoints[0].addresses[0]: Invalid value: \"fd00::1\": must be an IPv4 address",
        "endpoints[1].addresses: Required value: must contain at least 1 address"}},
  });
  CheckUpdates({
      {"v1 Service",
       "spec: {clusterIP: 10.0.0.1, ports: [{port: 1}]}",
       "spec: {clusterIP: 10.0.0.2, ports: [{port: 1}]}",
       {"spec.clusterIPs[0]: Invalid value: \"10.0.0.2\": may not change once set"}},
      {"v1 Service", "spec: {clusterIP: 10.0.0.1, ports: [{port: 1}]}", "spec: {ports: [{port: 2}]}", {}},
      {"discovery.k8s.io/v1 EndpointSlice",
       "addressType: IPv4\nendpoints: []",
       "addressType: IPv6\nendpoints: []",
       {"addressType: Invalid value: \"IPv6\": field is immutable"}},
  });
}

TEST(Rules, Networking) {
  const std::string backend = "backend: {service: {name: s, port: {number: 80}}}";
  Check({
      {"networking.k8s.io/v1 Ingress",
       "spec: {}",
       {"spec: Invalid value: []: either `defaultBackend` or `rules` must be specified"}},
      {"networking.k8s.io/v1 Ingress",
       absl::StrCat("spec: {rules: [{host: 1.2.3.4, http: {paths: [{path: a, pathType: Exact, ", backend,
                    "}, {path: /, ", backend, "}, {path: /, pathType: Prefix, backend: {}}]}}]}"),
       {"spec.rules[0].host: Invalid value: \"1.2.3.4\": must be a DNS name, not an IP address",
        "spec.rules[0].http.paths[0].path: Invalid value: \"a\": must be an absolute path",
        "spec.rules[0].http.paths[1].pathType: Required value: pathType must be specified",
        "spec.rules[0].http.paths[2].backend: Required value: resource or service backend is required"}},
      {"networking.k8s.io/v1 IngressClass",
       "spec: {controller: plain, parameters: {name: p}}",
       {"spec.controller: Invalid value: \"plain\": must be a domain-prefixed path (such as \"acme.io/foo\")",
        "spec.parameters.kind: Required value"}},
      {"networking.k8s.io/v1 NetworkPolicy",
       "spec: {podSelector: {}, ingress: [{from: [{}, {ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}], ports: "
       "[{port: 80, endPort: 79}]}], policyTypes: [Sideways]}",
       {"spec.ingress[0].ports[0].endPort: Invalid value: 79: must be greater than or equal to `port`",
        "spec.ingress[0].from[0]: Required value: must specify a peer",
        "spec.ingress[0].from[1].ipBlock.except[0]: Invalid value: \"11.0.0.0/16\": must be a strict subset of `cidr`",
        "spec.policyTypes[0]: Unsupported value: \"Sideways\": supported values: \"Egress\", \"Ingress\""}},
      {"networking.k8s.io/v1 ServiceCIDR", "spec: {}", {"spec.cidrs: Required value: at least one CIDR required"}},
      {"networking.k8s.io/v1 IPAddress", "spec: {}", {"spec.parentRef: Required value"}},
  });
  CheckUpdates({{"networking.k8s.io/v1 IngressClass",
                 "spec: {controller: a.b/c}",
                 "spec: {controller: a.b/d}",
                 {"spec.controller: Invalid value: \"a.b/d\": field is immutable"}}});
}

TEST(Rules, Storage) {
  const std::string claim = "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}";
  const std::string bigger = "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}}}";
  const std::string bound = "\nstatus: {phase: Bound, capacity: {storage: 1Gi}}";
  Check({
      {"v1 PersistentVolume",
       "spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /x}}",
       {}},
      {"v1 PersistentVolume",
       "spec: {}",
       {"spec.accessModes: Required value", "spec.capacity: Required value",
        "spec: Required value: must specify a volume type"}},
      {"v1 PersistentVolume",
       "spec: {capacity: {storage: 0}, accessModes: [ReadWriteOncePod, Other], local: {path: /x}, nfs: {server: s, "
       "path: /p}}",
       {"spec.accessModes: Unsupported value: \"Other\": supported values: \"ReadOnlyMany\", \"ReadWriteMany\", "
        "\"ReadWriteOnce\", \"ReadWriteOncePod\"",
        "spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes",
        "spec.capacity[storage]: Invalid value: \"0\": must be greater than zero",
        "spec: Forbidden: may not specify more than 1 volume type",
        "spec.nodeAffinity: Required value: Local volume requires node affinity"}},
      {"v1 PersistentVolumeClaim", claim, {}},
      {"v1 PersistentVolumeClaim",
       "spec: {}",
       {"spec.accessModes: Required value: at least 1 access mode is required",
        "spec.resources[storage]: Required value"}},
      {"storage.k8s.io/v1 StorageClass",
       "reclaimPolicy: Recycle",
       {"provisioner: Required value",
        "reclaimPolicy: Unsupported value: \"Recycle\": supported values: \"Delete\", \"Retain\""}},
      {"storage.k8s.io/v1 VolumeAttachment",
       "spec: {attacher: a, nodeName: nd, source: {}}",
       {"spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName"}},
      {"storage.k8s.io/v1 CSINode",
       "spec: {drivers: [{name: a, nodeID: b}, {name: a}]}",
       {"spec.drivers[1].name: Duplicate value: \"a\"", "spec.drivers[1].nodeID: Required value"}},
  });
  CheckUpdates({
      {"v1 PersistentVolumeClaim",
       claim,
       bigger,
       {"spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for "
        "bound claims"}},
      {"v1 PersistentVolumeClaim", claim + bound, bigger + bound, {}},
      {"v1 PersistentVolume",
       "spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /x}}",
       "spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /y}}",
       {"spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation"}},
      {"storage.k8s.io/v1 StorageClass",
       "provisioner: a",
       "provisioner: b\nvolumeBindingMode: WaitForFirstConsumer",
       {"provisioner: Forbidden: updates to provisioner are forbidden.",
        "volumeBindingMode: Invalid value: \"WaitForFirstConsumer\": field is immutable"}},
  });
}

TEST(Rules, Policies) {
  Check({
      {"policy/v1 PodDisruptionBudget",
       "spec: {minAvailable: 1, maxUnavailable: 101%}",
       {"spec: Invalid value: {\"maxUnavailable\":\"101%\",\"minAvailable\":1}: minAvailable and maxUnavailable cannot "
        "be both set",
        "spec.maxUnavailable: Invalid value: \"101%\": must not be greater than 100%"}},
      {"scheduling.k8s.io/v1 PriorityClass",
       "value: 1000000001",
       {"value: Forbidden: maximum allowed value of a user defined priority is 1000000000"}},
      {"node.k8s.io/v1 RuntimeClass",
       "handler: \"\"",
       {"handler: Invalid value: \"\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters "
        "or "
        "'-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for "
        "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"}},
      {"v1 ResourceQuota",
       "spec: {hard: {pods: 1500m, unknown: 1, cpu: -1}, scopes: [Best]}",
       {"spec.hard[cpu]: Invalid value: \"-1\": must be greater than or equal to 0",
        "spec.hard[pods]: Invalid value: \"1500m\": must be an integer",
        "spec.hard[unknown]: Invalid value: \"unknown\": must be a standard resource for quota",
        "spec.scopes: Invalid value: [\"Best\"]: unsupported scope"}},
      {"v1 LimitRange",
       "spec: {limits: [{type: Container, min: {cpu: 2}, max: {cpu: 1}}]}",
       {"spec.limits[0].min[cpu]: Invalid value: \"2\": min value 2 is greater than max value 1",
        "spec.limits[0].defaultRequest[cpu]: Invalid value: \"1\": min value 2 is greater than default request value 1",
        "spec.limits[0].default[cpu]: Invalid value: \"2\": min value 2 is greater than default value 1"}},
      {"autoscaling/v2 HorizontalPodAutoscaler",
       "spec: {minReplicas: 0, maxReplicas: 0, scaleTargetRef: {name: d}, metrics: [{type: Pods}]}",
       {"spec.minReplicas: Invalid value: 0: must be greater than or equal to 1",
        "spec.maxReplicas: Required value: must be set and greater than 0", "spec.scaleTargetRef.kind: Required value",
        "spec.metrics[0].pods: Required value: must populate information for the given metric source"}},
      {"autoscaling/v1 HorizontalPodAutoscaler",
       "spec: {minReplicas: 3, maxReplicas: 2, scaleTargetRef: {kind: Deployment, name: d}}",
       {"spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`"}},
  });
  CheckUpdates({{"scheduling.k8s.io/v1 PriorityClass",
                 "value: 1",
                 "value: 2\npreemptionPolicy: Never",
                 {"value: Forbidden: may not be changed in an update.",
                  "preemptionPolicy: Invalid value: \"Never\": field is immutable"}}});
  EXPECT_THAT(Causes(Manifest("scheduling.k8s.io/v1 PriorityClass", "value: 1", "system-mine")),
              ElementsAreArray({"metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for "
                                "system use only. error: system-mine is not a known system priority class"}));
}

TEST(Rules, Access) {
  Check({
      {"rbac.authorization.k8s.io/v1 Role",
       "rules: [{nonResourceURLs: [/x]}, {verbs: [get]}]",
       {"rules[0].verbs: Required value: verbs must contain at least one value",
        "rules[0].nonResourceURLs: Invalid value: [\"/x\"]: namespaced rules cannot apply to non-resource URLs",
        "rules[1].apiGroups: Required value: resource rules must supply at least one api group",
        "rules[1].resources: Required value: resource rules must supply at least one resource"}},
      {"rbac.authorization.k8s.io/v1 ClusterRoleBinding",
       "roleRef: {kind: Role, name: r}\nsubjects: [{kind: ServiceAccount, name: s}, {kind: Robot, name: r}]",
       {"roleRef.kind: Unsupported value: \"Role\": supported values: \"ClusterRole\"",
        "subjects[0].namespace: Required value",
        "subjects[1].kind: Unsupported value: \"Robot\": supported values: \"ServiceAccount\", \"User\", \"Group\""}},
      {"certificates.k8s.io/v1 CertificateSigningRequest",
       "spec: {request: eA==, expirationSeconds: 1}",
       {"spec.request: Invalid value: <omitted>: PEM block type must be CERTIFICATE REQUEST",
        "spec.usages: Required value", "spec.signerName: Required value",
        "spec.expirationSeconds: Invalid value: 1: may not specify a duration less than 600 seconds (10 minutes)"}},
      {"v1 Secret",
       "type: kubernetes.io/dockerconfigjson\nstringData: {.dockerconfigjson: \"{\"}",
       {"data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\": invalid character"}},
  });
  CheckUpdates(
      {{"rbac.authorization.k8s.io/v1 RoleBinding",
        "roleRef: {kind: Role, name: r}",
        "roleRef: {kind: Role, name: s}",
        {"roleRef: Invalid value: {\"apiGroup\":\"rbac.authorization.k8s.io\",\"kind\":\"Role\",\"name\":\"s\"}"
         ": cannot change roleRef"}}});
  EXPECT_NE(Created(Manifest("certificates.k8s.io/v1 CertificateSigningRequest",
                             "spec: {request: eA==, signerName: a.b/c, username: root, groups: [system:masters]}"))
                .find("\"username\":\"jane\""),
            std::string::npos);
}

TEST(Rules, Extensions) {
  Check({
      {"admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration",
       "webhooks: [{name: a.b, clientConfig: {url: \"http://u@h/x?q\"}, rules: [{operations: [\"*\", CREATE]}], "
       "timeoutSeconds: 31}]",
       {"webhooks[0].name: Invalid value: \"a.b\": should be a domain with at least three segments separated by dots",
        "webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1",
        "webhooks[0].rules[0].operations: Invalid value: [\"*\",\"CREATE\"]: if '*' is present, must not specify other "
        "operations",
        "webhooks[0].rules[0].apiGroups: Required value", "webhooks[0].rules[0].apiVersions: Required value",
        "webhooks[0].rules[0].resources: Required value",
        "webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun",
        "webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds",
        "webhooks[0].clientConfig.url: Invalid value: \"http\": 'https' is the only allowed URL scheme; desired "
        "format: https://host[/path]",
        "webhooks[0].clientConfig.url: Invalid value: \"u\": user information is not permitted in the URL",
        "webhooks[0].clientConfig.url: Invalid value: \"q\": query parameters are not permitted in the URL"}},
      {"admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding",
       "spec: {validationActions: [Deny, Warn]}",
       {"spec.policyName: Required value",
        "spec.validationActions: Invalid value: [\"Deny\",\"Warn\"]: must not contain both Deny and Warn (repeating "
        "the same validation failure information in the API response and headers serves no purpose)"}},
      {"apiregistration.k8s.io/v1 APIService",
       "spec: {group: a.b, version: v1, groupPriorityMinimum: 1}",
       {"metadata.name: Invalid value: \"x\": must be `spec.version+\".\"+spec.group`: \"v1.a.b\"",
        "spec.versionPriority: Invalid value: 0: must be positive and less than 1000"}},
      {"apiextensions.k8s.io/v1 CustomResourceDefinition",
       "spec: {group: example, scope: Everywhere, names: {plural: foos, kind: Foo, listKind: Foo}, versions: [{name: "
       "v1, served: true, storage: false}]}",
       {"metadata.name: Invalid value: \"x\": must be spec.names.plural+\".\"+spec.group",
        "spec.group: Invalid value: \"example\": should be a domain with at least one dot",
        "spec.scope: Unsupported value: \"Everywhere\": supported values: \"Cluster\", \"Namespaced\"",
        "spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required",
        "spec.versions: Invalid value: []: must have exactly one version marked as storage version",
        "status.storedVersions: Invalid value: null: must have at least one stored version",
        "spec.names.listKind: Invalid value: \"Foo\": kind and listKind may not be the same"}},
  });
}

}  // namespace
}  // namespace kubelite::apiserver
