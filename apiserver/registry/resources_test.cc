// Every row of the schema, with the least that its rules ask for.

#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "apiserver/registry/registry_fixture.h"
#include "common/api/yaml.h"
#include "k8s/authentication/v1.pb.h"
#include "k8s/authorization/v1.pb.h"
#include "k8s/autoscaling/v1.pb.h"
#include "k8s/autoscaling/v2.pb.h"
#include "k8s/events/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using ::testing::ElementsAre;

class ResourcesTest : public RegistryTest {};

TEST_F(ResourcesTest, EveryResourceIsServedOnce) {
  std::set<std::string> names;
  for (const ResourceDef& def : server_.registry().resources()) {
    EXPECT_TRUE(names.insert(absl::StrCat(def.info->gvk.ApiVersion(), "/", def.info->plural)).second);
  }
  EXPECT_EQ(names.size(), api::Scheme::Builtin().resources().size());
}

TEST_F(ResourcesTest, EveryResourceListsWatchesAndPrints) {
  for (const ResourceDef& def : server_.registry().resources()) {
    if (def.info->HasVerb("list")) {
      EXPECT_OK(client_->List(*def.info, {})) << def.info->GroupResource();
      const auto table = client_->ListTable(*def.info, {});
      ASSERT_OK(table) << def.info->GroupResource();
      EXPECT_GT(table->table->columns_size(), 0) << def.info->GroupResource();
    }
    if (!def.info->HasVerb("watch")) continue;
    EXPECT_OK(client_->Watch(*def.info, {}, [] {})) << def.info->GroupResource();
  }
}

// The least that the rules of each kind let pass; kinds that are not here need no more than a name.
const std::map<std::string, std::string>& LeastManifests() {
  static const std::string pods = "template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}";
  static const std::string job = "template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}";
  static const std::string selected = "spec: {selector: {matchLabels: {a: b}}, " + pods + "}";
  static const std::string schema = "schema: {openAPIV3Schema: {type: object}}";
  static const auto& manifests = *new std::map<std::string, std::string>{
      {"pods", "spec: {containers: [{name: c, image: i}]}"},
      {"podtemplates", pods},
      {"replicationcontrollers", "spec: {" + pods + "}"},
      {"services", "spec: {ports: [{port: 80}]}"},
      {"persistentvolumes", "spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /x}}"},
      {"persistentvolumeclaims", "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}"},
      {"deployments.apps", selected},
      {"replicasets.apps", selected},
      {"statefulsets.apps", selected},
      {"daemonsets.apps", selected},
      {"controllerrevisions.apps", "data: {a: 1}"},
      {"jobs.batch", "spec: {" + job + "}"},
      {"cronjobs.batch", "spec: {schedule: \"@daily\", jobTemplate: {spec: {" + job + "}}}"},
      {"horizontalpodautoscalers.autoscaling", "spec: {maxReplicas: 1, scaleTargetRef: {kind: Deployment, name: d}}"},
      {"certificatesigningrequests.certificates.k8s.io",
       "spec: {request: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0=, signerName: a.b/c, usages: [any]}"},
      {"endpointslices.discovery.k8s.io", "addressType: IPv4\nendpoints: []"},
      {"ingresses.networking.k8s.io", "spec: {defaultBackend: {service: {name: s, port: {number: 80}}}}"},
      {"ingressclasses.networking.k8s.io", "spec: {controller: a.b/c}"},
      {"servicecidrs.networking.k8s.io", "spec: {cidrs: [10.1.0.0/16]}"},
      {"ipaddresses.networking.k8s.io", "spec: {parentRef: {resource: services, name: s}}"},
      {"rolebindings.rbac.authorization.k8s.io", "roleRef: {kind: Role, name: r}"},
      {"clusterrolebindings.rbac.authorization.k8s.io", "roleRef: {kind: ClusterRole, name: r}"},
      {"runtimeclasses.node.k8s.io", "handler: h"},
      {"storageclasses.storage.k8s.io", "provisioner: a.b/c"},
      {"csistoragecapacities.storage.k8s.io", "storageClassName: c"},
      {"volumeattributesclasses.storage.k8s.io", "driverName: d\nparameters: {a: b}"},
      {"volumeattachments.storage.k8s.io", "spec: {attacher: a, nodeName: nd, source: {persistentVolumeName: v}}"},
      {"validatingadmissionpolicies.admissionregistration.k8s.io",
       "spec: {matchConstraints: {resourceRules: [{apiGroups: [\"\"], apiVersions: [v1], resources: [pods], "
       "operations: [CREATE]}]}, validations: [{expression: \"true\"}]}"},
      {"validatingadmissionpolicybindings.admissionregistration.k8s.io",
       "spec: {policyName: p, validationActions: [Deny]}"},
      {"apiservices.apiregistration.k8s.io",
       "spec: {group: a.b, version: v1, groupPriorityMinimum: 1, versionPriority: 1}"},
      {"customresourcedefinitions.apiextensions.k8s.io",
       "spec: {group: a.b, scope: Namespaced, names: {plural: foos, kind: Foo}, versions: [{name: v1, served: true, "
       "storage: true, " +
           schema + "}]}"},
  };
  return manifests;
}

// Kinds whose names follow from what they hold.
std::string LeastName(const std::string& resource) {
  if (resource == "ipaddresses.networking.k8s.io") return "10.1.2.3";
  if (resource == "apiservices.apiregistration.k8s.io") return "v1.a.b";
  if (resource == "customresourcedefinitions.apiextensions.k8s.io") return "foos.a.b";
  return "x1";
}

TEST_F(ResourcesTest, EveryStoredKindIsStoredAndReadBack) {
  int stored = 0;
  for (const ResourceDef& def : server_.registry().resources()) {
    const std::string resource = def.info->GroupResource();
    if (!def.info->HasVerb("create") || !def.info->HasVerb("get")) continue;
    if (resource == "events" || resource == "events.events.k8s.io") continue;
    SCOPED_TRACE(resource);
    const auto rest = LeastManifests().find(resource);
    const std::string manifest = absl::StrCat(
        "apiVersion: ", def.info->gvk.ApiVersion(), "\nkind: ", def.info->gvk.kind, "\nmetadata: {name: \"",
        LeastName(resource), "\"", def.info->namespaced ? ", namespace: default" : "", "}\n",
        rest == LeastManifests().end() ? "" : rest->second);
    ASSERT_OK_AND_ASSIGN(const auto documents, api::ReadManifest(manifest, "test"));
    ASSERT_OK_AND_ASSIGN(const auto object, api::DecodeJson(documents.front().json));
    const auto created = client_->Create(*def.info, *object);
    ASSERT_OK(created);
    EXPECT_EQ(api::Meta(**created).generation(), def.generation_fields.empty() ? 0 : 1);
    const ObjectKey key = api::KeyOf(**created);
    const auto read = client_->Get(*def.info, key);
    ASSERT_OK(read);
    EXPECT_EQ(api::EncodeJson(**read), api::EncodeJson(**created));
    // What was read can be written back: nothing changes.
    const auto updated = client_->Update(*def.info, **read);
    ASSERT_OK(updated);
    EXPECT_EQ(api::Meta(**updated).resourceversion(), api::Meta(**read).resourceversion());
    // A patch makes a new object of it, which must not look changed where it was not.
    EXPECT_OK(client_->Patch(*def.info, key, client::PatchType::kMerge, R"({"metadata":{"labels":{"a":"b"}}})"));
    EXPECT_OK(client_->Delete(*def.info, key));
    ++stored;
  }
  EXPECT_GT(stored, 50);
}

TEST_F(ResourcesTest, AccessReviewsAskTheAuthorizer) {
  k8s::authorization::v1::SelfSubjectAccessReview review;
  auto* wanted = review.mutable_spec()->mutable_resourceattributes();
  wanted->set_verb("list");
  wanted->set_resource("pods");
  const auto allowed = [&](client::Client& client) {
    const auto answer = client::Create(client, review);
    EXPECT_OK(answer);
    return answer.ok() && (*answer)->status().allowed();
  };
  EXPECT_TRUE(allowed(*client_));
  EXPECT_TRUE(allowed(*server_.ClientFor("system:kube-scheduler")));
  EXPECT_FALSE(allowed(*server_.ClientFor("alice")));
  review.mutable_spec()->clear_resourceattributes();
  EXPECT_TRUE(api::IsInvalid(client::Create(*client_, review).status()));

  k8s::authorization::v1::SubjectAccessReview other;
  other.mutable_spec()->set_user("alice");
  other.mutable_spec()->add_groups("system:masters");
  *other.mutable_spec()->mutable_resourceattributes() = *wanted;
  EXPECT_TRUE(api::IsForbidden(client::Create(*server_.ClientFor("alice"), other).status()));
}

TEST_F(ResourcesTest, SelfSubjectReviewSaysWhoAsks) {
  const auto answer =
      client::Create(*server_.ClientFor("alice", {"staff"}), k8s::authentication::v1::SelfSubjectReview());
  ASSERT_OK(answer);
  EXPECT_EQ((*answer)->status().userinfo().username(), "alice");
  EXPECT_THAT((*answer)->status().userinfo().groups(), ElementsAre("staff", "system:authenticated"));
}

TEST_F(ResourcesTest, BindingsBindAsPodsBindingDoes) {
  ASSERT_OK(Create(MakePod("p")));
  k8s::core::v1::Binding binding;
  binding.mutable_metadata()->set_name("p");
  binding.mutable_metadata()->set_namespace_("default");
  binding.mutable_target()->set_name("n1");
  ASSERT_OK(Create(binding));
  ASSERT_OK_AND_ASSIGN(const auto pod, Get<Pod>("p"));
  EXPECT_EQ(pod->spec().nodename(), "n1");
}

TEST_F(ResourcesTest, EventsAreOneKindInTwoGroups) {
  k8s::events::v1::Event event;
  event.mutable_metadata()->set_name("e");
  event.mutable_metadata()->set_namespace_("default");
  event.mutable_regarding()->set_kind("Pod");
  event.mutable_regarding()->set_name("p");
  event.mutable_regarding()->set_namespace_("default");
  event.set_reason("Scheduled");
  event.set_action("Binding");
  event.set_note("assigned");
  event.set_type("Normal");
  event.set_reportingcontroller("example.com/scheduler");
  event.set_reportinginstance("scheduler-0");
  api::ToProto(executor_.clock().Now(), event.mutable_eventtime());
  const auto watch = Watch<k8s::core::v1::Event>();
  ASSERT_OK_AND_ASSIGN(const auto created, Create(event));
  ASSERT_OK_AND_ASSIGN(const auto core, Get<k8s::core::v1::Event>("e"));
  EXPECT_EQ(core->message(), "assigned");
  EXPECT_EQ(core->involvedobject().name(), "p");
  EXPECT_EQ(core->metadata().resourceversion(), created->metadata().resourceversion());
  EXPECT_THAT(Texts(watch.get()), ElementsAre("ADDED e"));
  k8s::core::v1::Event more = *core;
  more.set_count(2);
  ASSERT_OK(client::Update(*client_, more));
  ASSERT_OK_AND_ASSIGN(const auto view, Get<k8s::events::v1::Event>("e"));
  EXPECT_EQ(view->deprecatedcount(), 2);
  EXPECT_EQ(view->note(), "assigned");
  ASSERT_OK(client::Delete<k8s::events::v1::Event>(*client_, {"default", "e"}));
  EXPECT_TRUE(api::IsNotFound(Get<k8s::core::v1::Event>("e").status()));
}

TEST_F(ResourcesTest, NoTwoKindsShareAKey) {
  std::map<std::string, const google::protobuf::Descriptor*> kinds;
  for (const ResourceDef& def : server_.registry().resources()) {
    const auto [found, added] =
        kinds.emplace(def.storage().gvk.group + "/" + def.storage().plural, def.storage().descriptor);
    EXPECT_EQ(found->second, def.storage().descriptor) << def.info->gvk.ApiVersion() << " " << def.info->plural;
  }
}

TEST_F(ResourcesTest, AutoscalersAreOneKindInTwoVersions) {
  k8s::autoscaling::v2::HorizontalPodAutoscaler scaler;
  scaler.mutable_metadata()->set_name("h");
  scaler.mutable_metadata()->set_namespace_("default");
  scaler.mutable_spec()->mutable_scaletargetref()->set_kind("Deployment");
  scaler.mutable_spec()->mutable_scaletargetref()->set_name("d");
  scaler.mutable_spec()->set_maxreplicas(5);
  for (const char* resource : {"memory", "cpu"}) {
    auto* metric = scaler.mutable_spec()->add_metrics();
    metric->set_type("Resource");
    metric->mutable_resource()->set_name(resource);
    metric->mutable_resource()->mutable_target()->set_type("Utilization");
    metric->mutable_resource()->mutable_target()->set_averageutilization(70);
  }
  scaler.mutable_spec()->mutable_metrics(0)->mutable_resource()->mutable_target()->set_type("AverageValue");
  scaler.mutable_spec()->mutable_behavior()->mutable_scaledown()->set_stabilizationwindowseconds(60);
  ASSERT_OK(Create(scaler));
  ASSERT_OK_AND_ASSIGN(const auto old, Get<k8s::autoscaling::v1::HorizontalPodAutoscaler>("h"));
  EXPECT_EQ(old->spec().targetcpuutilizationpercentage(), 70);
  k8s::autoscaling::v1::HorizontalPodAutoscaler change = *old;
  change.mutable_spec()->set_targetcpuutilizationpercentage(50);
  ASSERT_OK(client::Update(*client_, change));
  ASSERT_OK_AND_ASSIGN(const auto now, Get<k8s::autoscaling::v2::HorizontalPodAutoscaler>("h"));
  ASSERT_EQ(now->spec().metrics_size(), 2);
  EXPECT_EQ(now->spec().metrics(0).resource().target().averageutilization(), 50);
  EXPECT_EQ(now->spec().metrics(1).resource().name(), "memory");
  EXPECT_EQ(now->spec().behavior().scaledown().stabilizationwindowseconds(), 60);
  EXPECT_TRUE(now->metadata().annotations().empty());
}

}  // namespace
}  // namespace kubelite::apiserver
