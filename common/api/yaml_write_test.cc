#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/api/json.h"
#include "common/api/testing/builders.h"
#include "common/api/yaml.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::api {
namespace {

using base::IsOkAndHolds;

TEST(JsonToYaml, Structure) {
  const char* json = R"({"b":{"x":1,"e":{},"l":[]},"a":[1,"t",{"p":1,"q":[2]},[3,4],[],{}],"z":null,"t":true,"f":1.5})";
  ASSERT_OK_AND_ASSIGN(const std::string yaml, JsonToYaml(json));
  EXPECT_EQ(yaml,
            "b:\n  x: 1\n  e: {}\n  l: []\na:\n- 1\n- t\n- p: 1\n  q:\n  - 2\n- - 3\n  - 4\n- []\n- {}\n"
            "z: null\nt: true\nf: 1.5\n");
  EXPECT_THAT(JsonToYaml("[]"), IsOkAndHolds("[]\n"));
  EXPECT_THAT(JsonToYaml("\"a\""), IsOkAndHolds("a\n"));
  EXPECT_FALSE(JsonToYaml("{").ok());
}

TEST(JsonToYaml, Strings) {
  struct Row {
    const char* json;
    const char* yaml;
  };
  const Row kTable[] = {
      {R"("plain text")", "plain text"},
      {R"("")", "\"\""},
      {R"("3")", "\"3\""},
      {R"("1.5")", "\"1.5\""},
      {R"("0x1f")", "\"0x1f\""},
      {R"("yes")", "\"yes\""},
      {R"("n")", "\"n\""},
      {R"("null")", "\"null\""},
      {R"("~")", "\"~\""},
      {R"("2020-01-02T03:04:05Z")", "\"2020-01-02T03:04:05Z\""},
      {R"("12:30")", "\"12:30\""},
      {R"("500m")", "500m"},
      {R"("1e3")", "\"1e3\""},
      {R"("a: b")", "'a: b'"},
      {R"("a:b")", "a:b"},
      {R"("a #b")", "'a #b'"},
      {R"("a#b")", "a#b"},
      {R"("- x")", "'- x'"},
      {R"("-x")", "-x"},
      {R"("*")", "'*'"},
      {R"("it's")", "it's"},
      {R"("'q'")", "'''q'''"},
      {R"("%s")", "'%s'"},
      {R"(" lead")", "' lead'"},
      {R"("trail ")", "'trail '"},
      {R"("tab\there")", "\"tab\\there\""},
      {R"("{x}")", "'{x}'"},
      {R"("é")", "é"},
      {R"("\u0001")", "\"\\u0001\""},
      {R"("\u2028")", "\"\\u2028\""},
      {R"("---")", "'---'"},
      {R"("kube-lite/hello:1")", "kube-lite/hello:1"},
      {R"("a\nb\n")", "|\n  a\n  b"},
      {R"("a\nb")", "|-\n  a\n  b"},
      {R"("a\n\nb\n\n")", "|+\n  a\n\n  b\n"},
      {R"(" a\nb\n")", "|2\n   a\n  b"},
      {R"("a \nb\n")", "\"a \\nb\\n\""},
      {R"("\n")", "|2+\n"},
  };
  for (const Row& row : kTable) {
    const std::string json = std::string("{\"k\":") + row.json + "}";
    ASSERT_OK_AND_ASSIGN(const std::string yaml, JsonToYaml(json));
    EXPECT_EQ(yaml, std::string("k: ") + row.yaml + "\n") << row.json;
    ASSERT_OK_AND_ASSIGN(const auto documents, ReadManifest(yaml, "t"));
    ASSERT_OK_AND_ASSIGN(const std::string again, JsonToYaml(documents.at(0).json));
    EXPECT_EQ(again, yaml);
  }
  EXPECT_THAT(JsonToYaml(R"({"yes":1,"a b":2,"x: y":3,"l\nm":4})"),
              IsOkAndHolds("\"yes\": 1\na b: 2\n'x: y': 3\n\"l\\nm\": 4\n"));
}

TEST(JsonToYaml, Deployment) {
  const auto deployment = testing::MakeDeployment("web").Replicas(3).Build();
  EXPECT_THAT(JsonToYaml(EncodeJson(deployment)), IsOkAndHolds(R"(apiVersion: apps/v1
kind: Deployment
metadata:
  labels:
    app: web
  name: web
  namespace: default
  uid: uid-web
spec:
  replicas: 3
  selector:
    matchLabels:
      app: web
  strategy:
    rollingUpdate:
      maxSurge: 25%
      maxUnavailable: 25%
    type: RollingUpdate
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - image: hello:1
        name: main
        resources: {}
status: {}
)"));
}

}  // namespace
}  // namespace kubelite::api
