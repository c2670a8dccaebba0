#include "kubectl-lite/print/objects.h"

#include <gtest/gtest.h>

#include <sstream>

#include "k8s/apps/v1.pb.h"
#include "k8s/core/v1.pb.h"
#include "kubectl-lite/print/names.h"

namespace kubelite::cli {
namespace {

api::ObjectPtr ConfigMap(const std::string& name) {
  auto object = std::make_shared<k8s::core::v1::ConfigMap>();
  object->mutable_metadata()->set_name(name);
  (*object->mutable_data())["a"] = "b";
  return object;
}

std::string Printed(const std::vector<api::ObjectPtr>& objects, OutputFormat format, bool as_list) {
  std::ostringstream out;
  EXPECT_TRUE(PrintObjects(objects, format, as_list, out).ok());
  return out.str();
}

TEST(ObjectsTest, FormatsAreNamed) {
  EXPECT_EQ(*ParseOutputFormat(""), OutputFormat::kTable);
  EXPECT_EQ(*ParseOutputFormat("yaml"), OutputFormat::kYaml);
  EXPECT_EQ(
      ParseOutputFormat("xml").status().message(),
      "unable to match a printer suitable for the output format \"xml\", allowed formats are: json,name,wide,yaml");
}

TEST(ObjectsTest, OneObjectAsYamlAndName) {
  EXPECT_EQ(Printed({ConfigMap("x")}, OutputFormat::kYaml, false),
            "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: b\nmetadata:\n  name: x\n");
  EXPECT_EQ(Printed({ConfigMap("x"), ConfigMap("y")}, OutputFormat::kName, true), "configmap/x\nconfigmap/y\n");
}

TEST(ObjectsTest, SeveralObjectsAreAList) {
  const std::string yaml = Printed({ConfigMap("x")}, OutputFormat::kYaml, true);
  EXPECT_EQ(yaml.find("apiVersion: v1\nitems:\n- apiVersion: v1\n"), 0U) << yaml;
  EXPECT_NE(yaml.find("kind: List\nmetadata:\n  resourceVersion: \"\"\n"), std::string::npos) << yaml;
  EXPECT_NE(Printed({}, OutputFormat::kJson, true).find("\"items\": []"), std::string::npos);
}

TEST(ObjectsTest, NamesAreThoseOfKubectl) {
  EXPECT_EQ(ObjectName(api::ResourceOf<k8s::apps::v1::Deployment>(), "hello"), "deployment.apps/hello");
  EXPECT_EQ(QuotedName(api::ResourceOf<k8s::core::v1::Pod>(), "a"), "pod \"a\"");
}

TEST(FieldPathTest, ReadsFieldsAndElements) {
  k8s::core::v1::Pod pod;
  pod.mutable_metadata()->set_name("p");
  pod.mutable_spec()->add_containers()->set_image("first");
  pod.mutable_spec()->set_terminationgraceperiodseconds(30);
  EXPECT_EQ(FieldPath::Parse("--sort-by", ".metadata.name")->Text(pod), "p");
  EXPECT_EQ(FieldPath::Parse("--sort-by", "{.spec.containers[0].image}")->Text(pod), "first");
  EXPECT_EQ(FieldPath::Parse("--sort-by", ".spec.containers[1].image")->Text(pod), "");
  EXPECT_EQ(FieldPath::Parse("--sort-by", ".spec.nothing")->Text(pod), "");
  const FieldPath seconds = *FieldPath::Parse("--sort-by", ".spec.terminationGracePeriodSeconds");
  EXPECT_EQ(seconds.Text(pod), "30");
  const std::string thirty = seconds.SortText(pod);
  pod.mutable_spec()->set_terminationgraceperiodseconds(4);
  EXPECT_LT(seconds.SortText(pod), thirty);
}

TEST(FieldPathTest, WrongPathsNameTheFlag) {
  for (const char* path : {"name", "", ".", "{.a..b}", ".a[x]", ".a[0"}) {
    const absl::Status status = FieldPath::Parse("--sort-by", path).status();
    EXPECT_EQ(status.message().find("--sort-by: \""), 0U) << path;
  }
}

}  // namespace
}  // namespace kubelite::cli
