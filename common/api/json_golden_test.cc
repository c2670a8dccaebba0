#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/api/json.h"
#include "common/api/testing/builders.h"
#include "common/api/time.h"
#include "common/base/testing/status_matchers.h"
#include "k8s/apimachinery/intstr.pb.h"
#include "k8s/apimachinery/resource.pb.h"

namespace kubelite::api {
namespace {

using ::k8s::apps::v1::Deployment;
using ::k8s::core::v1::Pod;
using ::testing::HasSubstr;

TEST(JsonGolden, DeploymentManifest) {
  const std::string manifest = R"({
    "kind": "Deployment", "apiVersion": "apps/v1",
    "metadata": {"name": "hello", "labels": {"b": "2", "a": "1"}, "creationTimestamp": null},
    "spec": {
      "replicas": 0,
      "selector": {"matchLabels": {"app": "hello"}},
      "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}},
      "template": {
        "metadata": {"labels": {"app": "hello"}},
        "spec": {
          "containers": [{
            "name": "hello", "image": "kube-lite/hello:1", "stdin": false,
            "ports": [{"containerPort": 8080}],
            "env": [{"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
            "resources": {"requests": {"memory": "0.5Gi", "cpu": 0.25}},
            "readinessProbe": {"httpGet": {"path": "/healthz", "port": "http"}}
          }],
          "volumes": [{"name": "v", "configMap": {"name": "c", "defaultMode": 420}}]
        }
      }
    }
  })";
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Object> object, DecodeJson(manifest));
  const auto& deployment = static_cast<const Deployment&>(*object);
  EXPECT_TRUE(deployment.spec().has_replicas());
  EXPECT_FALSE(deployment.spec().template_().spec().containers(0).has_stdin());
  EXPECT_EQ(deployment.spec().template_().spec().volumes(0).volumesource().configmap().localobjectreference().name(),
            "c");
  EXPECT_EQ(EncodeJson(*object),
            R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"labels":{"a":"1","b":"2"},"name":"hello"},)"
            R"("spec":{"replicas":0,"selector":{"matchLabels":{"app":"hello"}},)"
            R"("strategy":{"rollingUpdate":{"maxSurge":"25%","maxUnavailable":1},"type":"RollingUpdate"},)"
            R"("template":{"metadata":{"labels":{"app":"hello"}},"spec":{"containers":[{)"
            R"("env":[{"name":"IP","valueFrom":{"fieldRef":{"fieldPath":"status.podIP"}}}],)"
            R"("image":"kube-lite/hello:1","name":"hello","ports":[{"containerPort":8080}],)"
            R"("readinessProbe":{"httpGet":{"path":"/healthz","port":"http"}},)"
            R"("resources":{"requests":{"cpu":"250m","memory":"512Mi"}}}],)"
            R"("volumes":[{"configMap":{"defaultMode":420,"name":"c"},"name":"v"}]}}},"status":{}})");
}

TEST(JsonGolden, PodStatus) {
  Pod pod = testing::MakePod("p").Created(absl::FromUnixSeconds(1700000000)).Build();
  auto* status = pod.mutable_status()->add_containerstatuses();
  status->set_name("main");
  status->set_started(false);
  ToProto(absl::FromUnixSeconds(1700000001), status->mutable_state()->mutable_running()->mutable_startedat());
  pod.mutable_status()->add_conditions()->set_type("Ready");
  EXPECT_EQ(
      EncodeJson(pod),
      R"({"apiVersion":"v1","kind":"Pod","metadata":{"creationTimestamp":"2023-11-14T22:13:20Z","name":"p",)"
      R"("namespace":"default","uid":"uid-p"},"spec":{"containers":[{"image":"hello:1","name":"main","resources":{}}]},)"
      R"("status":{"conditions":[{"lastProbeTime":null,"lastTransitionTime":null,"status":"","type":"Ready"}],)"
      R"("containerStatuses":[{"image":"","imageID":"","lastState":{},"name":"main","ready":false,"restartCount":0,)"
      R"("started":false,"state":{"running":{"startedAt":"2023-11-14T22:13:21Z"}}}],"phase":"Pending"}})");
}

TEST(JsonGolden, ListsNameTheTypeOfTheirItems) {
  k8s::core::v1::PodList list;
  EXPECT_EQ(EncodeJson(list), R"({"apiVersion":"v1","kind":"PodList","items":[],"metadata":{}})");
  list.add_items()->mutable_metadata()->set_name("p");
  EXPECT_THAT(EncodeJson(list), HasSubstr(R"("items":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"})"));
}

TEST(JsonGolden, BytesAreBase64) {
  ASSERT_OK_AND_ASSIGN(const auto object,
                       DecodeJson(R"({"apiVersion":"v1","kind":"Secret","data":{"k":"AAEC/w==","empty":""}})"));
  const auto& secret = static_cast<const k8s::core::v1::Secret&>(*object);
  EXPECT_EQ(secret.data().at("k"), std::string("\0\1\2\xff", 4));
  EXPECT_EQ(EncodeJson(secret),
            R"({"apiVersion":"v1","kind":"Secret","data":{"empty":"","k":"AAEC/w=="},"metadata":{}})");
}

TEST(JsonGolden, StringsThatAreNotUtf8StillGiveJson) {
  Pod pod;
  pod.mutable_metadata()->set_name("a\xff\xed\xa0\x80z");
  EXPECT_THAT(EncodeJson(pod), HasSubstr("a\uFFFD\uFFFD\uFFFD\uFFFDz"));
}

TEST(JsonGolden, RawBytesThatAreNotJsonBecomeNull) {
  k8s::apps::v1::ControllerRevision revision;
  revision.mutable_data()->set_raw(std::string("k8s\0garbage", 11));
  EXPECT_THAT(EncodeJson(revision), HasSubstr(R"("data":null)"));
}

TEST(JsonGolden, Pretty) {
  k8s::core::v1::ConfigMap map;
  map.mutable_metadata()->set_name("c");
  (*map.mutable_data())["a"] = "x: [1, {2}]";
  EXPECT_EQ(
      EncodeJsonPretty(map),
      "{\n    \"apiVersion\": \"v1\",\n    \"kind\": \"ConfigMap\",\n    \"data\": {\n        \"a\": \"x: [1, {2}]\"\n"
      "    },\n    \"metadata\": {\n        \"name\": \"c\"\n    }\n}\n");
  ASSERT_OK_AND_ASSIGN(const std::string pretty, PrettyJson("{ \"n\" : 1.50 , \"e\" : [ ] ,\"s\":\"\\\"{\" }"));
  EXPECT_EQ(pretty, "{\n    \"n\": 1.50,\n    \"e\": [],\n    \"s\": \"\\\"{\"\n}\n");
  EXPECT_THAT(PrettyJson("{"), base::StatusIs(absl::StatusCode::kInvalidArgument, "line 1"));
}

TEST(JsonGolden, PeekTypeMeta) {
  ASSERT_OK_AND_ASSIGN(const TypeMeta type, PeekTypeMeta(R"({"spec":{},"kind":"Foo","apiVersion":"x/v1"})"));
  EXPECT_EQ(type.kind, "Foo");
  EXPECT_EQ(type.api_version, "x/v1");
  ASSERT_OK_AND_ASSIGN(const TypeMeta none, PeekTypeMeta("{}"));
  EXPECT_EQ(none.kind, "");
  EXPECT_THAT(PeekTypeMeta("[]"), base::StatusIs(absl::StatusCode::kInvalidArgument, "expected object, got array"));
}

}  // namespace
}  // namespace kubelite::api
