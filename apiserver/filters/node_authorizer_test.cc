#include "apiserver/filters/node_authorizer.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "apiserver/filters/pod_references.h"
#include "apiserver/registry/registry_fixture.h"
#include "common/api/json.h"
#include "k8s/authorization/v1.pb.h"
#include "k8s/coordination/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::coordination::v1::Lease;
using k8s::core::v1::PersistentVolume;
using k8s::core::v1::Secret;
using ::testing::EndsWith;

constexpr char kUnrelated[] = ": no relationship found between node 'n1' and this object";

// Every way in which a pod's spec names a secret, a config map or a claim.
constexpr char kPod[] = R"({
  "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "default"},
  "spec": {
    "nodeName": "n1", "serviceAccountName": "builder",
    "imagePullSecrets": [{"name": "s-pull"}],
    "initContainers": [{"name": "init", "image": "host", "envFrom": [{"secretRef": {"name": "s-env-from"}}]}],
    "containers": [{"name": "app", "image": "host",
      "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s-key", "key": "k"}}},
              {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "c-key", "key": "k"}}}],
      "envFrom": [{"configMapRef": {"name": "c-env-from"}}]}],
    "ephemeralContainers": [{"name": "debug", "image": "host", "envFrom": [{"secretRef": {"name": "s-debug"}}]}],
    "volumes": [
      {"name": "a", "secret": {"secretName": "s-volume"}},
      {"name": "b", "configMap": {"name": "c-volume"}},
      {"name": "c", "projected": {"sources": [{"secret": {"name": "s-projected"}}, {"configMap": {"name": "c-projected"}}]}},
      {"name": "d", "csi": {"driver": "x", "nodePublishSecretRef": {"name": "s-csi"}}},
      {"name": "e", "azureFile": {"secretName": "s-azure", "shareName": "x"}},
      {"name": "f", "persistentVolumeClaim": {"claimName": "claim"}},
      {"name": "scratch", "ephemeral": {}}]}})";

Pod PodFrom(const char* json) {
  const auto object = api::DecodeJson(json, {});
  EXPECT_OK(object);
  return object.ok() ? static_cast<const Pod&>(**object) : Pod();
}

TEST(PodReferencesTest, FindsEveryWayToNameAnObject) {
  const Pod pod = PodFrom(kPod);
  for (const char* name : {"s-pull", "s-env-from", "s-key", "s-debug", "s-volume", "s-projected", "s-csi", "s-azure"}) {
    EXPECT_TRUE(PodRefersTo(pod, "secrets", name)) << name;
    EXPECT_FALSE(PodRefersTo(pod, "configmaps", name)) << name;
  }
  for (const char* name : {"c-key", "c-env-from", "c-volume", "c-projected"}) {
    EXPECT_TRUE(PodRefersTo(pod, "configmaps", name)) << name;
    EXPECT_FALSE(PodRefersTo(pod, "secrets", name)) << name;
  }
  EXPECT_TRUE(PodRefersTo(pod, "persistentvolumeclaims", "claim"));
  EXPECT_TRUE(PodRefersTo(pod, "persistentvolumeclaims", "web-scratch"));
  EXPECT_FALSE(PodRefersTo(pod, "persistentvolumeclaims", "scratch"));
  EXPECT_TRUE(PodRefersTo(pod, "serviceaccounts", "builder"));
  EXPECT_FALSE(PodRefersTo(pod, "secrets", ""));
  EXPECT_FALSE(PodRefersTo(pod, "nodes", "n1"));
}

TEST(PodReferencesTest, MirrorPodsNameNothing) {
  Pod pod = PodFrom(kPod);
  (*pod.mutable_metadata()->mutable_annotations())["kubernetes.io/config.mirror"] = "hash";
  EXPECT_FALSE(PodRefersTo(pod, "secrets", "s-key"));
  EXPECT_FALSE(PodRefersTo(pod, "serviceaccounts", "builder"));
}

class NodeAuthorizerTest : public RegistryTest {
 protected:
  static Secret MakeSecret(const std::string& name, const std::string& name_space = "default") {
    Secret secret;
    secret.mutable_metadata()->set_name(name);
    secret.mutable_metadata()->set_namespace_(name_space);
    return secret;
  }
  static Pod PodWithSecret(const std::string& name, const std::string& node, const std::string& secret) {
    Pod pod = MakePod(name, node);
    auto* source = pod.mutable_spec()->mutable_containers(0)->add_envfrom();
    source->mutable_secretref()->mutable_localobjectreference()->set_name(secret);
    return pod;
  }
  // "allowed", or what follows the sentence about who may not do what.
  std::string Ask(const std::string& verb, const std::string& resource, const std::string& name_space = "",
                  const std::string& name = "", const std::string& fields = "") {
    Request request;
    request.user = {"system:node:n1", {"system:nodes", "system:authenticated"}};
    request.verb = verb;
    const std::vector<std::string> slash = absl::StrSplit(resource, '/');
    const std::vector<std::string> dot = absl::StrSplit(slash[0], absl::MaxSplits('.', 1));
    request.resource = dot[0];
    if (dot.size() > 1) request.group = dot[1];
    if (slash.size() > 1) request.subresource = slash[1];
    request.name_space = name_space;
    request.name = name;
    request.field_selector = fields;
    const Decision decision = Decide(server_.registry(), request);
    return decision.allowed ? "allowed" : decision.reason;
  }

  std::unique_ptr<client::Client> node_ = server_.ClientFor("system:node:n1", {"system:nodes"});
};

TEST_F(NodeAuthorizerTest, SecretsAreReadOnlyWhenAPodOfTheNodeNamesThem) {
  for (const char* name : {"own", "other", "nobodys"}) ASSERT_OK(Create(MakeSecret(name)));
  ASSERT_OK(Create(MakeSecret("own", "kube-system")));
  ASSERT_OK(Create(PodWithSecret("a", "n1", "own")));
  ASSERT_OK(Create(PodWithSecret("b", "n2", "other")));
  EXPECT_OK(client::Get<Secret>(*node_, {"default", "own"}));
  EXPECT_THAT(std::string(client::Get<Secret>(*node_, {"default", "other"}).status().message()),
              EndsWith(absl::StrCat("cannot get resource \"secrets\" in API group \"\" in the namespace \"default\"",
                                    kUnrelated)));
  EXPECT_TRUE(api::IsForbidden(client::Get<Secret>(*node_, {"default", "nobodys"}).status()));
  EXPECT_TRUE(api::IsForbidden(client::Get<Secret>(*node_, {"kube-system", "own"}).status()));

  ASSERT_OK(client::Delete<Pod>(*client_, {"default", "a"}, {.grace_period_seconds = 0}));
  EXPECT_TRUE(api::IsForbidden(client::Get<Secret>(*node_, {"default", "own"}).status()));
}

TEST_F(NodeAuthorizerTest, CollectionsOfSecretsAndConfigMapsAreRefused) {
  ASSERT_OK(Create(PodWithSecret("a", "n1", "own")));
  for (const char* resource : {"secrets", "configmaps"}) {
    EXPECT_EQ(Ask("list", resource), "can only read namespaced object of this type");
    EXPECT_EQ(Ask("watch", resource), "can only read namespaced object of this type");
    EXPECT_EQ(Ask("list", resource, "default"), "No Object name found");
    EXPECT_EQ(Ask("update", resource, "default", "own"), "can only read resources of this type");
  }
  EXPECT_EQ(Ask("watch", "secrets", "default", "", "metadata.name=own"), "allowed");
  EXPECT_TRUE(api::IsForbidden(node_->List(ResourceOf<Secret>(), {}).status()));
}

TEST_F(NodeAuthorizerTest, APodThatIsNotThereYetAllowsNothing) {
  ASSERT_OK(Create(MakeSecret("own")));
  ASSERT_OK(Create(PodWithSecret("a", "", "own")));  // not bound
  EXPECT_TRUE(api::IsForbidden(client::Get<Secret>(*node_, {"default", "own"}).status()));
}

TEST_F(NodeAuthorizerTest, PodsAreReadByNodeNameOrOneByOne) {
  ASSERT_OK(Create(MakePod("own", "n1")));
  ASSERT_OK(Create(MakePod("other", "n2")));
  EXPECT_EQ(Ask("list", "pods", "", "", "spec.nodeName=n1"), "allowed");
  EXPECT_EQ(Ask("watch", "pods", "", "", "status.phase!=Failed,spec.nodeName=n1"), "allowed");
  const char* const refused = "can only list/watch pods with spec.nodeName field selector";
  EXPECT_EQ(Ask("list", "pods"), refused);
  EXPECT_EQ(Ask("list", "pods", "", "", "spec.nodeName=n2"), refused);
  EXPECT_EQ(Ask("watch", "pods", "", "", "spec.nodeName!=n1"), refused);
  EXPECT_OK(client::Get<Pod>(*node_, {"default", "own"}));
  EXPECT_TRUE(api::IsForbidden(client::Get<Pod>(*node_, {"default", "other"}).status()));
  EXPECT_TRUE(api::IsNotFound(client::Get<Pod>(*node_, {"default", "gone"}).status()));
}

TEST_F(NodeAuthorizerTest, NodesAndLeasesAreItsOwn) {
  EXPECT_EQ(Ask("get", "nodes", "", "n1"), "allowed");
  EXPECT_EQ(Ask("watch", "nodes", "", "", "metadata.name=n1"), "allowed");
  EXPECT_EQ(Ask("get", "nodes", "", "n2"), "node 'n1' cannot read 'n2', only its own Node object");
  EXPECT_EQ(Ask("list", "nodes"), "node 'n1' cannot read all nodes, only its own Node object");
  EXPECT_EQ(Ask("create", "nodes"), "allowed");
  EXPECT_EQ(Ask("patch", "nodes/status", "", "n1"), "allowed");
  EXPECT_EQ(Ask("delete", "nodes", "", "n1"), "");
  constexpr char kLeases[] = "leases.coordination.k8s.io";
  EXPECT_EQ(Ask("update", kLeases, "kube-node-lease", "n1"), "allowed");
  EXPECT_EQ(Ask("create", kLeases, "kube-node-lease"), "allowed");
  EXPECT_EQ(Ask("get", kLeases, "kube-node-lease", "n2"),
            "can only access node lease with the same name as the requesting node");
  EXPECT_EQ(Ask("get", kLeases, "kube-system", "n1"),
            "can only access leases in the \"kube-node-lease\" system namespace");
  EXPECT_EQ(Ask("list", kLeases, "kube-node-lease"), "can only get, create, update, patch, or delete a node lease");
}

TEST_F(NodeAuthorizerTest, VolumesAreReachedThroughTheClaimsOfItsPods) {
  Pod pod = MakePod("a", "n1");
  auto* volume = pod.mutable_spec()->add_volumes();
  volume->set_name("data");
  volume->mutable_volumesource()->mutable_persistentvolumeclaim()->set_claimname("claim");
  ASSERT_OK(Create(pod));
  for (const char* claim : {"claim", "other"}) {
    PersistentVolume bound;
    bound.mutable_metadata()->set_name(absl::StrCat("of-", claim));
    bound.mutable_spec()->mutable_claimref()->set_namespace_("default");
    bound.mutable_spec()->mutable_claimref()->set_name(claim);
    bound.mutable_spec()->add_accessmodes("ReadWriteOnce");
    (*bound.mutable_spec()->mutable_capacity())["storage"].set_string("1Gi");
    bound.mutable_spec()->mutable_persistentvolumesource()->mutable_hostpath()->set_path("/x");
    ASSERT_OK(Create(bound));
  }
  EXPECT_EQ(Ask("get", "persistentvolumeclaims", "default", "claim"), "allowed");
  EXPECT_EQ(Ask("get", "persistentvolumes", "", "of-claim"), "allowed");
  EXPECT_THAT(absl::StrCat(": ", Ask("get", "persistentvolumes", "", "of-other")), kUnrelated);
  EXPECT_EQ(Ask("list", "persistentvolumes"), "can only get individual resources of this type");
}

TEST_F(NodeAuthorizerTest, TokensAreForTheAccountsOfItsPods) {
  ASSERT_OK(Create(MakePod("a", "n1")));
  EXPECT_EQ(Ask("create", "serviceaccounts/token", "default", "default"), "allowed");
  EXPECT_THAT(absl::StrCat(": ", Ask("create", "serviceaccounts/token", "default", "admin")), kUnrelated);
  EXPECT_EQ(Ask("list", "serviceaccounts"), "can only create tokens for individual service accounts");
}

TEST_F(NodeAuthorizerTest, OtherIdentitiesAreNotItsBusiness) {
  Request request;
  request.user = {"system:node:n1", {}};  // the name alone is nothing
  EXPECT_EQ(AuthorizeNode(server_.registry(), request), std::nullopt);
  request.user = {"somebody", {"system:nodes"}};  // nor is the group
  EXPECT_EQ(AuthorizeNode(server_.registry(), request), std::nullopt);
}

TEST_F(NodeAuthorizerTest, AccessReviewsGiveTheReason) {
  k8s::authorization::v1::SelfSubjectAccessReview review;
  auto* attributes = review.mutable_spec()->mutable_resourceattributes();
  attributes->set_verb("list");
  attributes->set_resource("pods");
  ASSERT_OK_AND_ASSIGN(const auto refused, client::Create(*node_, review));
  EXPECT_FALSE(refused->status().allowed());
  EXPECT_EQ(refused->status().reason(), "can only list/watch pods with spec.nodeName field selector");
  attributes->mutable_fieldselector()->set_rawselector("spec.nodeName=n1");
  ASSERT_OK_AND_ASSIGN(const auto allowed, client::Create(*node_, review));
  EXPECT_TRUE(allowed->status().allowed());
}

}  // namespace
}  // namespace kubelite::apiserver
