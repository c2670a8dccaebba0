#include <gtest/gtest.h>

#include "common/api/errors.h"
#include "common/base/file.h"
#include "k8s/apps/v1.pb.h"
#include "k8s/core/v1.pb.h"
#include "kubectl-lite/commands/testing/command_line.h"

// create, apply, delete, label, set, scale: whole command lines against a fake API server.
namespace kubelite::cli {
namespace {

using k8s::apps::v1::Deployment;
using k8s::core::v1::ConfigMap;
using k8s::core::v1::Pod;

constexpr char kHello[] = R"(apiVersion: apps/v1
kind: Deployment
metadata:
  name: hello
spec:
  replicas: 3
  selector: {matchLabels: {app: hello}}
  template:
    metadata: {labels: {app: hello}}
    spec:
      containers:
      - name: hello
        image: kube-lite/hello:1
)";

class WriteTest : public testing::Test {
 protected:
  std::string File(const std::string& name, const std::string& text) {
    const std::string path = directory_.path() + "/" + name;
    EXPECT_TRUE(base::WriteFileAtomically(path, text).ok());
    return path;
  }
  template <typename T>
  T Stored(const std::string& name) {
    const auto object = client::Get<T>(line_.client(), {"default", name});
    EXPECT_TRUE(object.ok()) << object.status();
    return object.ok() ? **object : T();
  }
  template <typename T>
  bool Exists(const std::string& name) {
    return client::Get<T>(line_.client(), {"default", name}).ok();
  }
  void SeedConfigMap(const std::string& name, const std::string& app = "") {
    ConfigMap object;
    object.mutable_metadata()->set_name(name);
    object.mutable_metadata()->set_namespace_("default");
    if (!app.empty()) (*object.mutable_metadata()->mutable_labels())["app"] = app;
    line_.client().Seed(object);
  }

  base::TemporaryDirectory directory_;
  CommandLine line_;
};

TEST_F(WriteTest, CreateFromAFileThenAgain) {
  const std::string file = File("hello.yaml", kHello);
  EXPECT_EQ(line_.Run({"create", "-f", file}), 0) << line_.err();
  EXPECT_EQ(line_.out(), "deployment.apps/hello created\n");
  EXPECT_EQ(Stored<Deployment>("hello").spec().replicas(), 3);
  EXPECT_EQ(line_.Run({"create", "-f", file}), 1);
  EXPECT_EQ(line_.err(),
            "Error from server (AlreadyExists): " + file + ":1: deployments.apps \"hello\" already exists\n");
}

TEST_F(WriteTest, CreateFromStandardInput) {
  EXPECT_EQ(line_.Run({"create", "-f", "-"}, kHello), 0) << line_.err();
  EXPECT_EQ(line_.Run({"create", "-f", "-", "--dry-run=client", "-o", "name"}, kHello), 0);
  EXPECT_EQ(line_.out(), "deployment.apps/hello\n");
}

TEST_F(WriteTest, CreateKindsFromFlags) {
  EXPECT_EQ(line_.Run({"create", "namespace", "team-a"}), 0);
  EXPECT_EQ(line_.out(), "namespace/team-a created\n");
  EXPECT_EQ(line_.Run({"create", "deployment", "web", "--image=kube-lite/hello:1", "-r", "2", "--port=8080"}), 0)
      << line_.err();
  const Deployment web = Stored<Deployment>("web");
  EXPECT_EQ(web.spec().replicas(), 2);
  EXPECT_EQ(web.spec().template_().spec().containers(0).name(), "hello");
  EXPECT_EQ(web.spec().template_().spec().containers(0).ports(0).containerport(), 8080);
  const std::string file = File("app.properties", "a=1\n");
  EXPECT_EQ(line_.Run({"create", "configmap", "web", "--from-literal=color=blue, red", "--from-file=" + file,
                       "--from-file=other=" + file}),
            0);
  const ConfigMap config = Stored<ConfigMap>("web");
  EXPECT_EQ(config.data().at("color"), "blue, red");
  EXPECT_EQ(config.data().at("app.properties"), "a=1\n");
  EXPECT_EQ(config.data().at("other"), "a=1\n");
  EXPECT_EQ(line_.Run({"create", "secret", "generic", "db", "--from-literal=password=x"}), 0) << line_.err();
  EXPECT_EQ(Stored<k8s::core::v1::Secret>("db").data().at("password"), "x");
}

TEST_F(WriteTest, CreateRefusesWrongFlags) {
  EXPECT_EQ(line_.Run({"create", "deployment", "web"}), 1);
  EXPECT_EQ(line_.err(), "error: required flag(s) \"image\" not set (see 'kubectl-lite create deployment --help')\n");
  EXPECT_EQ(line_.Run({"create", "configmap", "a", "--from-literal=x"}), 1);
  EXPECT_EQ(line_.Run({"create", "configmap", "a", "--from-literal=x=1", "--from-literal=x=2"}), 1);
  EXPECT_EQ(line_.err(), "error: cannot add key x, another key by that name already exists\n");
  EXPECT_EQ(line_.Run({"create", "configmap"}), 1);
  EXPECT_EQ(line_.Run({"create", "nonsense"}), 1);
  EXPECT_EQ(line_.Run({"create"}), 1);
  EXPECT_TRUE(line_.client().calls().empty());
}

TEST_F(WriteTest, ApplyCreatesThenChangesThenLeavesAlone) {
  EXPECT_EQ(line_.Run({"apply", "-f", "-"}, kHello), 0) << line_.err();
  EXPECT_EQ(line_.out(), "deployment.apps/hello created\n");
  EXPECT_EQ(line_.Run({"apply", "-f", "-"}, kHello), 0);
  EXPECT_EQ(line_.out(), "deployment.apps/hello unchanged\n");
  std::string changed = kHello;
  changed.replace(changed.find("hello:1"), 7, "hello:2");
  EXPECT_EQ(line_.Run({"apply", "-f", "-", "--dry-run=client"}, changed), 0);
  EXPECT_EQ(line_.out(), "deployment.apps/hello configured (dry run)\n");
  EXPECT_EQ(Stored<Deployment>("hello").spec().template_().spec().containers(0).image(), "kube-lite/hello:1");
  EXPECT_EQ(line_.Run({"apply", "-f", "-"}, changed), 0);
  EXPECT_EQ(line_.out(), "deployment.apps/hello configured\n");
  EXPECT_EQ(Stored<Deployment>("hello").spec().template_().spec().containers(0).image(), "kube-lite/hello:2");
}

TEST_F(WriteTest, ApplyTriesAgainWhenAnotherWriterWasFaster) {
  ASSERT_EQ(line_.Run({"apply", "-f", "-"}, kHello), 0);
  int conflicts = 2;
  line_.client().SetFault([&](const client::FakeClient::Call& call) {
    if (call.verb != "patch" || conflicts == 0) return absl::OkStatus();
    --conflicts;
    return api::Conflict(api::ResourceOf<Deployment>(), "hello");
  });
  std::string changed = kHello;
  changed.replace(changed.find("replicas: 3"), 11, "replicas: 4");
  EXPECT_EQ(line_.Run({"apply", "-f", "-"}, changed), 0) << line_.err();
  EXPECT_EQ(Stored<Deployment>("hello").spec().replicas(), 4);
}

TEST_F(WriteTest, ApplyWarnsAboutObjectsItDidNotMake) {
  ASSERT_EQ(line_.Run({"create", "-f", "-"}, kHello), 0);
  EXPECT_EQ(line_.Run({"apply", "-f", "-"}, kHello), 0);
  EXPECT_EQ(line_.out(), "deployment.apps/hello configured\n");
  EXPECT_EQ(line_.err().find("Warning: deployment.apps/hello is missing the annotation"), 0U) << line_.err();
}

TEST_F(WriteTest, AWrongDocumentChangesNothing) {
  const std::string file =
      File("two.yaml", std::string(kHello) + "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndatta: {}\n");
  EXPECT_EQ(line_.Run({"apply", "-f", file}), 1);
  EXPECT_EQ(line_.err(),
            "error: " + file + ":15: strict decoding error: unknown field \"datta\" (did you mean \"data\"?)\n");
  EXPECT_TRUE(line_.client().calls().empty());
}

TEST_F(WriteTest, WrongFilesAreNamed) {
  const auto error_of = [&](const std::string& text) {
    const std::string file = File("x.yaml", text);
    EXPECT_EQ(line_.Run({"apply", "-f", file}), 1) << text;
    EXPECT_TRUE(line_.client().calls().empty()) << text;
    const std::string error = line_.err();
    EXPECT_EQ(error.find("error: " + file), 0U) << error;
    return error.substr(error.find(".yaml") + 5);
  };
  EXPECT_EQ(error_of("apiVersion: v1\nkind: Foo\nmetadata: {name: a}\n"),
            ":1: no kind \"Foo\" is registered for version \"v1\"\n");
  EXPECT_EQ(error_of("apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n"),
            ":1: metadata.name: Required value: name or generateName is required\n");
  EXPECT_EQ(error_of("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  name: b\n"),
            ": line 5: key \"name\" already set in map at line 4\n");
  EXPECT_EQ(error_of("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: three}\n"),
            ":1: field \"spec.replicas\": expected integer, got string \"three\"\n");
}

TEST_F(WriteTest, MissingAndEmptyFiles) {
  EXPECT_EQ(line_.Run({"apply", "-f", "/no/such/file.yaml"}), 1);
  EXPECT_EQ(line_.err(), "error: the path \"/no/such/file.yaml\" does not exist\n");
  EXPECT_EQ(line_.Run({"apply", "-f", directory_.path()}), 1);
  EXPECT_NE(line_.err().find("no *.yaml, *.yml or *.json file in"), std::string::npos) << line_.err();
  const std::string file = File("empty.yaml", "# nothing\n");
  EXPECT_EQ(line_.Run({"apply", "-f", file}), 1);
  EXPECT_EQ(line_.err(), "error: no objects found in " + file + "; a manifest needs apiVersion, kind and metadata\n");
  EXPECT_EQ(line_.Run({"apply"}), 1);
  EXPECT_EQ(line_.Run({"apply", "file.yaml"}), 1);
}

TEST_F(WriteTest, FoldersAreReadInOrderAndBelowOnlyWhenAsked) {
  ASSERT_TRUE(base::MakeDirectories(directory_.path() + "/sub").ok());
  File("b.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n");
  File("a.json", R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}})");
  File("notes.txt", "not a manifest");
  File("sub/c.yml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n");
  EXPECT_EQ(line_.Run({"apply", "-f", directory_.path()}), 0) << line_.err();
  EXPECT_EQ(line_.out(), "configmap/a created\nconfigmap/b created\n");
  EXPECT_EQ(line_.Run({"apply", "-R", "-f", directory_.path()}), 0) << line_.err();
  EXPECT_EQ(line_.out(), "configmap/a unchanged\nconfigmap/b unchanged\nconfigmap/c created\n");
}

TEST_F(WriteTest, TheNamespaceOfAFileMustAgree) {
  const std::string text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: one}\n";
  EXPECT_EQ(line_.Run({"apply", "-n", "two", "-f", "-"}, text), 1);
  EXPECT_NE(line_.err().find("does not match the namespace \"two\". You must pass '--namespace=one'"),
            std::string::npos)
      << line_.err();
}

TEST_F(WriteTest, DeleteByNameLabelAndFile) {
  for (const char* name : {"a", "b"}) SeedConfigMap(name, "x");
  SeedConfigMap("c");
  EXPECT_EQ(line_.Run({"delete", "cm", "c", "nope"}), 1);
  EXPECT_EQ(line_.out(), "configmap \"c\" deleted\n");
  EXPECT_EQ(line_.err(), "Error from server (NotFound): configmaps \"nope\" not found\n");
  EXPECT_EQ(line_.Run({"delete", "cm/nope", "--ignore-not-found"}), 0);
  EXPECT_EQ(line_.Run({"delete", "cm", "-l", "app=x", "--dry-run=client"}), 0);
  EXPECT_EQ(line_.out(), "configmap \"a\" deleted (dry run)\nconfigmap \"b\" deleted (dry run)\n");
  EXPECT_EQ(line_.Run({"delete", "cm", "-l", "app=x"}), 0);
  EXPECT_EQ(line_.Run({"delete", "cm", "--all"}), 0);
  EXPECT_EQ(line_.out(), "No resources found\n");
  ASSERT_EQ(line_.Run({"apply", "-f", "-"}, kHello), 0);
  EXPECT_EQ(line_.Run({"delete", "-f", "-"}, kHello), 0) << line_.err();
  EXPECT_EQ(line_.out(), "deployment.apps \"hello\" deleted\n");
  EXPECT_FALSE(Exists<Deployment>("hello"));
}

TEST_F(WriteTest, DeleteRefusesWhatIsUnclear) {
  SeedConfigMap("a");
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"delete"},
                                             {"delete", "cm"},
                                             {"delete", "cm", "a", "--all"},
                                             {"delete", "cm", "a", "--now", "--grace-period=3"},
                                             {"delete", "cm", "a", "--force", "--grace-period=3"},
                                             {"delete", "cm", "a", "--cascade=maybe"},
                                             {"delete", "cm", "-l", "a=b=c"},
                                             {"delete", "nonsense", "a"}}) {
    EXPECT_EQ(line_.Run(words), 1);
    EXPECT_EQ(line_.out(), "");
  }
  EXPECT_TRUE(Exists<ConfigMap>("a"));
}

TEST_F(WriteTest, LabelsAndAnnotations) {
  SeedConfigMap("a");
  EXPECT_EQ(line_.Run({"label", "cm", "a", "stage=test", "tier=web"}), 0) << line_.err();
  EXPECT_EQ(line_.out(), "configmap/a labeled\n");
  EXPECT_EQ(line_.Run({"label", "cm/a", "stage=live"}), 1);
  EXPECT_EQ(line_.err(), "error: 'stage' already has a value (test), and --overwrite is false\n");
  EXPECT_EQ(line_.Run({"label", "cm/a", "stage=live", "--overwrite"}), 0);
  EXPECT_EQ(line_.Run({"label", "cm/a", "stage=live"}), 0);
  EXPECT_EQ(line_.out(), "configmap/a not labeled\n");
  EXPECT_EQ(line_.Run({"label", "cm/a", "tier-"}), 0);
  EXPECT_EQ(line_.out(), "configmap/a unlabeled\n");
  EXPECT_EQ(line_.Run({"label", "cm/a", "--list"}), 0);
  EXPECT_EQ(line_.out(), "stage=live\n");
  EXPECT_EQ(line_.Run({"label", "cm/a", "x=a b"}), 1);
  EXPECT_EQ(line_.err().find("error: invalid label value: \"a b\": "), 0U) << line_.err();
  EXPECT_EQ(line_.Run({"annotate", "cm/a", "why=because of it"}), 0);
  EXPECT_EQ(line_.out(), "configmap/a annotated\n");
  EXPECT_EQ(Stored<ConfigMap>("a").metadata().annotations().at("why"), "because of it");
}

TEST_F(WriteTest, SetImage) {
  ASSERT_EQ(line_.Run({"create", "-f", "-"}, kHello), 0);
  EXPECT_EQ(line_.Run({"set", "image", "deployment/hello", "hello=kube-lite/hello:2"}), 0) << line_.err();
  EXPECT_EQ(line_.out(), "deployment.apps/hello image updated\n");
  EXPECT_EQ(Stored<Deployment>("hello").spec().template_().spec().containers(0).image(), "kube-lite/hello:2");
  EXPECT_EQ(line_.Run({"set", "image", "deployment/hello", "*=x:3"}), 0);
  EXPECT_EQ(line_.Run({"set", "image", "deployment/hello", "nope=x:3"}), 1);
  EXPECT_EQ(line_.err(), "error: unable to find container named \"nope\" in deployment.apps/hello, it has: hello\n");
  EXPECT_EQ(line_.Run({"set", "image", "deployment/hello"}), 1);
  SeedConfigMap("a");
  EXPECT_EQ(line_.Run({"set", "image", "cm/a", "a=b"}), 1);
  EXPECT_EQ(line_.err(), "error: configmap/a does not have a pod template\n");
}

TEST_F(WriteTest, ScaleChecksBeforeItActs) {
  ASSERT_EQ(line_.Run({"create", "-f", "-"}, kHello), 0);
  EXPECT_EQ(line_.Run({"scale", "deployment/hello"}), 1);
  EXPECT_EQ(line_.err(), "error: must specify --replicas (see 'kubectl-lite scale --help')\n");
  EXPECT_EQ(line_.Run({"scale", "deployment/hello", "--replicas=-1"}), 1);
  EXPECT_EQ(line_.Run({"scale", "deployment/hello", "--replicas=5", "--current-replicas=2"}), 1);
  EXPECT_EQ(line_.err(), "error: Expected replicas to be 2, was 3\n");
  EXPECT_EQ(line_.Run({"scale", "deployment/hello", "--replicas=5", "--dry-run=client"}), 0);
  EXPECT_EQ(line_.out(), "deployment.apps/hello scaled (dry run)\n");
  SeedConfigMap("a");
  EXPECT_EQ(line_.Run({"scale", "cm/a", "--replicas=1"}), 1);
  EXPECT_EQ(line_.err(), "error: cannot scale configmaps: it has no scale subresource\n");
}

}  // namespace
}  // namespace kubelite::cli
