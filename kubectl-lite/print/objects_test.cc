#include "kubectl-lite/print/objects.h"

#include <gtest/gtest.h>

#include <sstream>

#include "common/base/file.h"
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

std::string Printed(const std::vector<api::ObjectPtr>& objects, const std::string& format, bool as_list) {
  absl::StatusOr<Output> output = Output::Parse(format);
  if (!output.ok()) return std::string(output.status().message());
  std::ostringstream out;
  const absl::Status printed = output->Print(objects, as_list, out);
  return printed.ok() ? out.str() : std::string(printed.message());
}

TEST(ObjectsTest, FormatsAreNamed) {
  EXPECT_EQ(Output::Parse("")->format(), OutputFormat::kTable);
  EXPECT_EQ(Output::Parse("yaml")->format(), OutputFormat::kYaml);
  EXPECT_EQ(Output::Parse("xml").status().message(),
            "unable to match a printer suitable for the output format \"xml\", allowed formats are: "
            "custom-columns,json,jsonpath,jsonpath-file,name,wide,yaml");
}

TEST(ObjectsTest, OneObjectAsYamlAndName) {
  EXPECT_EQ(Printed({ConfigMap("x")}, "yaml", false),
            "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: b\nmetadata:\n  name: x\n");
  EXPECT_EQ(Printed({ConfigMap("x"), ConfigMap("y")}, "name", true), "configmap/x\nconfigmap/y\n");
}

TEST(ObjectsTest, ManagedFieldsAreShownWhenAskedFor) {
  auto object = std::make_shared<k8s::core::v1::ConfigMap>();
  object->mutable_metadata()->add_managedfields()->set_manager("me");
  const auto shows = [&object](const std::string& format, bool wanted) {
    absl::StatusOr<Output> output = Output::Parse(format);
    output->set_show_managed_fields(wanted);
    std::ostringstream out;
    EXPECT_TRUE(output->Print({object}, false, out).ok());
    return out.str().find("me") != std::string::npos && out.str().find("manager") != std::string::npos;
  };
  EXPECT_FALSE(shows("yaml", false));
  EXPECT_FALSE(shows("json", false));
  EXPECT_TRUE(shows("yaml", true));
  EXPECT_TRUE(shows("jsonpath={.metadata.managedFields[0]}", false));
}

TEST(ObjectsTest, SeveralObjectsAreAList) {
  const std::string yaml = Printed({ConfigMap("x")}, "yaml", true);
  EXPECT_EQ(yaml.find("apiVersion: v1\nitems:\n- apiVersion: v1\n"), 0U) << yaml;
  EXPECT_NE(yaml.find("kind: List\nmetadata:\n  resourceVersion: \"\"\n"), std::string::npos) << yaml;
  EXPECT_NE(Printed({}, "json", true).find("\"items\": []"), std::string::npos);
}

TEST(ObjectsTest, JsonPath) {
  EXPECT_EQ(Printed({ConfigMap("x")}, "jsonpath={.metadata.name}", false), "x");
  EXPECT_EQ(
      Printed({ConfigMap("x"), ConfigMap("y")}, "jsonpath={range .items[*]}{.metadata.name}={.data.a};{end}", true),
      "x=b;y=b;");
  EXPECT_EQ(Printed({ConfigMap("x")}, "jsonpath={.items[}", false),
            "error parsing jsonpath {.items[}: unterminated array at position 8");
  EXPECT_EQ(
      Printed({}, "jsonpath={.items[0].kind}", true),
      "error executing jsonpath \"{.items[0].kind}\": array index out of bounds: index 0, length 0 at position 8");
  EXPECT_EQ(Printed({}, "jsonpath", true),
            "-o jsonpath: no template is given; write for example -o jsonpath='{.metadata.name}'");
}

TEST(ObjectsTest, JsonPathFromAFile) {
  const base::TemporaryDirectory directory;
  const std::string file = directory.path() + "/names";
  ASSERT_TRUE(base::WriteFileAtomically(file, "{.metadata.name}\n").ok());
  EXPECT_EQ(Printed({ConfigMap("x")}, "jsonpath-file=" + file, false), "x\n");
  ASSERT_TRUE(base::WriteFileAtomically(file, "{.a").ok());
  EXPECT_EQ(Printed({}, "jsonpath-file=" + file, false),
            file + ": error parsing jsonpath {.a: unclosed action at position 1");
  EXPECT_EQ(Printed({}, "jsonpath-file=/nowhere", false),
            "-o jsonpath-file: reading /nowhere: No such file or directory");
}

TEST(ObjectsTest, CustomColumns) {
  EXPECT_EQ(
      Printed({ConfigMap("x"), ConfigMap("long-name")}, "custom-columns=Name:.metadata.name,DATA:data,NO:.no", true),
      "Name        DATA       NO\n"
      "x           map[a:b]   <none>\n"
      "long-name   map[a:b]   <none>\n");
  EXPECT_EQ(Printed({}, "custom-columns=NAME", true),
            "unexpected custom-columns spec: NAME, expected <header>:<json-path-expr>");
  EXPECT_EQ(Printed({}, "custom-columns=NAME:.a[", true), "custom column NAME:.a[: unterminated array at position 4");
  EXPECT_EQ(Printed({}, "custom-columns=", true).find("custom-columns format specified but no custom columns given"),
            0U);
}

TEST(ObjectsTest, CustomColumnsHaveTheirHeadersOnceAndKeepTheirWidths) {
  Output output = *Output::Parse("custom-columns=NAME:.metadata.name,K:.kind");
  std::ostringstream out;
  ASSERT_TRUE(output.Print({ConfigMap("long-name")}, false, out).ok());
  ASSERT_TRUE(output.Print({ConfigMap("x")}, false, out).ok());
  EXPECT_EQ(out.str(), "NAME        K\nlong-name   ConfigMap\nx           ConfigMap\n");
  Output bare = *Output::Parse("custom-columns=NAME:.metadata.name", /*headers=*/false);
  std::ostringstream second;
  ASSERT_TRUE(bare.Print({ConfigMap("x")}, false, second).ok());
  EXPECT_EQ(second.str(), "x\n");
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
  EXPECT_EQ(FieldPath::Parse("--sort-by", "metadata.name")->Text(pod), "p");
  EXPECT_EQ(FieldPath::Parse("--sort-by", ".spec.containers[?(@.image==\"first\")].image")->Text(pod), "first");
  EXPECT_EQ(FieldPath::Parse("--sort-by", ".spec.containers[1].image")->Text(pod), "");
  EXPECT_EQ(FieldPath::Parse("--sort-by", ".spec.nothing")->Text(pod), "");
  const FieldPath seconds = *FieldPath::Parse("--sort-by", ".spec.terminationGracePeriodSeconds");
  EXPECT_EQ(seconds.Text(pod), "30");
  const std::string thirty = seconds.SortText(pod);
  pod.mutable_spec()->set_terminationgraceperiodseconds(4);
  EXPECT_LT(seconds.SortText(pod), thirty);
}

TEST(FieldPathTest, WrongPathsNameTheFlag) {
  for (const char* path : {"", ".", "{.a", "{.a}{.b}", ".a[x]", ".a[0"}) {
    const absl::Status status = FieldPath::Parse("--sort-by", path).status();
    EXPECT_EQ(status.message().find("--sort-by: \""), 0U) << path;
  }
}

}  // namespace
}  // namespace kubelite::cli
