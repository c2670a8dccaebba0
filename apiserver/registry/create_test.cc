#include "apiserver/registry/registry_fixture.h"

namespace kubelite::apiserver {
namespace {

using base::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(RegistryTest, CreateFillsServerOwnedMetadata) {
  ASSERT_OK_AND_ASSIGN(const auto created, Create(MakeConfigMap("a")));
  const auto& meta = created->metadata();
  EXPECT_EQ(meta.uid().size(), 36u);
  EXPECT_EQ(api::FromProto(meta.creationtimestamp()), executor_.clock().Now());
  EXPECT_GT(api::ResourceVersion(*created), 0);
  EXPECT_FALSE(meta.has_generation());
  ASSERT_OK_AND_ASSIGN(const auto read, Get<ConfigMap>("a"));
  EXPECT_EQ(read->SerializeAsString(), created->SerializeAsString());
}

TEST_F(RegistryTest, CreateStartsGenerationAndClearsStatus) {
  Deployment deployment = MakeDeployment("d");
  deployment.mutable_status()->set_replicas(7);
  deployment.mutable_metadata()->set_generation(9);
  ASSERT_OK_AND_ASSIGN(const auto created, Create(deployment));
  EXPECT_EQ(created->metadata().generation(), 1);
  EXPECT_EQ(created->status().replicas(), 0);
}

TEST_F(RegistryTest, NodeIsRegisteredWithItsStatus) {
  Node node;
  node.mutable_metadata()->set_name("n1");
  (*node.mutable_status()->mutable_capacity())["cpu"].set_string("4");
  ASSERT_OK_AND_ASSIGN(const auto created, Create(node));
  EXPECT_EQ(created->status().capacity().at("cpu").string(), "4");
}

TEST_F(RegistryTest, GeneratedNamesAreUnique) {
  ConfigMap map = MakeConfigMap("");
  map.mutable_metadata()->set_generatename("job-");
  std::set<std::string> names;
  for (int i = 0; i < 20; ++i) {
    ASSERT_OK_AND_ASSIGN(const auto created, Create(map));
    EXPECT_EQ(created->metadata().name().size(), 9u);
    names.insert(created->metadata().name());
  }
  EXPECT_EQ(names.size(), 20u);
}

TEST_F(RegistryTest, LongGenerateNameIsCut) {
  ConfigMap map = MakeConfigMap("");
  map.mutable_metadata()->set_generatename(std::string(100, 'a'));
  ASSERT_OK_AND_ASSIGN(const auto created, Create(map));
  EXPECT_EQ(created->metadata().name().size(), 63u);
}

TEST_F(RegistryTest, CreateRefusesAnExistingName) {
  ASSERT_OK(Create(MakeConfigMap("a")));
  const auto again = Create(MakeConfigMap("a"));
  EXPECT_TRUE(api::IsAlreadyExists(again.status()));
  EXPECT_EQ(again.status().message(), "configmaps \"a\" already exists");
}

TEST_F(RegistryTest, CreateSaysWhenTheNameIsBeingDeleted) {
  ConfigMap map = MakeConfigMap("a");
  map.mutable_metadata()->add_finalizers("example.com/hold");
  ASSERT_OK(Create(map));
  ASSERT_OK(client::Delete<ConfigMap>(*client_, {"default", "a"}));
  EXPECT_THAT(Create(map).status().message(), HasSubstr("object is being deleted: configmaps \"a\" already exists"));
}

TEST_F(RegistryTest, CreateNeedsANamespaceThatLives) {
  EXPECT_EQ(Create(MakeConfigMap("a", "nowhere")).status().message(), "namespaces \"nowhere\" not found");
  Namespace doomed;
  doomed.mutable_metadata()->set_name("doomed");
  ASSERT_OK(Create(doomed));
  ASSERT_OK(Create(MakeConfigMap("a", "doomed")));
  ASSERT_OK(client::Delete<Namespace>(*client_, {"", "doomed"}));
  const absl::Status refused = Create(MakeConfigMap("b", "doomed")).status();
  EXPECT_TRUE(api::IsForbidden(refused)) << refused;
  EXPECT_TRUE(api::IsNamespaceTerminating(refused)) << refused;
  EXPECT_EQ(
      refused.message(),
      "configmaps \"b\" is forbidden: unable to create new content in namespace doomed because it is being terminated");
}

TEST_F(RegistryTest, MetadataProblemsAreReportedTogether) {
  ConfigMap map = MakeConfigMap("Bad_Name");
  (*map.mutable_metadata()->mutable_labels())["a b"] = "x";
  map.mutable_metadata()->add_finalizers("plain");
  auto* owner = map.mutable_metadata()->add_ownerreferences();
  owner->set_apiversion("v1");
  owner->set_kind("Pod");
  owner->set_name("p");
  const absl::Status status = Create(map).status();
  ASSERT_TRUE(api::IsInvalid(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("ConfigMap \"Bad_Name\" is invalid: ["));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("metadata.name: Invalid value: \"Bad_Name\": a lowercase RFC 1123 subdomain"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("metadata.labels: Invalid value: \"a b\""));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("metadata.ownerReferences.uid: Invalid value: \"\": must not be empty"));
  EXPECT_THAT(
      std::string(status.message()),
      HasSubstr("metadata.finalizers: Invalid value: \"plain\": name is neither a standard finalizer name nor is it "
                "fully qualified"));
}

TEST_F(RegistryTest, NameOrGenerateNameIsRequired) {
  EXPECT_EQ(Create(MakeConfigMap("")).status().message(),
            "ConfigMap \"\" is invalid: metadata.name: Required value: name or generateName is required");
}

TEST_F(RegistryTest, CreateRefusesAResourceVersionAndAForeignNamespace) {
  ConfigMap map = MakeConfigMap("a");
  map.mutable_metadata()->set_resourceversion("5");
  EXPECT_THAT(Create(map), StatusIs(absl::StatusCode::kInvalidArgument, "resourceVersion should not be set"));
  const auto moved =
      client_->CreateJson(ResourceOf<ConfigMap>(), "kube-system",
                          R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"default"}})");
  EXPECT_THAT(moved, StatusIs(absl::StatusCode::kInvalidArgument,
                              "the namespace of the provided object does not match the namespace sent on the request"));
}

TEST_F(RegistryTest, JsonBodiesAreStrictByDefault) {
  const std::string json = R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"dat":{}})";
  EXPECT_THAT(client_->CreateJson(ResourceOf<ConfigMap>(), "default", json),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error: unknown "
                       "field \"dat\""));
  std::vector<std::string> warnings;
  ASSERT_OK(client_->CreateJson(ResourceOf<ConfigMap>(), "default", json,
                                {.field_validation = "Warn", .warnings = &warnings}));
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("unknown field \"dat\"")));
  EXPECT_THAT(client_->CreateJson(ResourceOf<ConfigMap>(), "default", json, {.field_validation = "Bogus"}),
              StatusIs(absl::StatusCode::kInvalidArgument, "fieldValidation: Unsupported value: \"Bogus\""));
}

TEST_F(RegistryTest, JsonBodiesMustBeOfTheKind) {
  const auto create = [this](const std::string& json) {
    return client_->CreateJson(ResourceOf<ConfigMap>(), "default", json).status();
  };
  EXPECT_THAT(create(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}})"),
              StatusIs(absl::StatusCode::kInvalidArgument, "Pod in version \"v1\" cannot be handled as a ConfigMap"));
  EXPECT_THAT(create(R"({"apiVersion":"apps/v1","kind":"ConfigMap"})"),
              StatusIs(absl::StatusCode::kInvalidArgument, "the API version in the data (apps/v1) does not match"));
  EXPECT_THAT(create(R"({"metadata":{}})"), StatusIs(absl::StatusCode::kInvalidArgument, "Object 'Kind' is missing"));
  EXPECT_THAT(create("nonsense"), StatusIs(absl::StatusCode::kInvalidArgument, "the object provided is unrecognized"));
  EXPECT_THAT(create(""), StatusIs(absl::StatusCode::kInvalidArgument, "<empty>"));
}

TEST_F(RegistryTest, DryRunCreatesNothing) {
  ASSERT_OK_AND_ASSIGN(const ObjectPtr dry,
                       client_->Create(ResourceOf<ConfigMap>(), MakeConfigMap("a"), {.dry_run = true}));
  EXPECT_FALSE(api::Meta(*dry).uid().empty());
  EXPECT_EQ(api::Meta(*dry).resourceversion(), "");
  EXPECT_TRUE(api::IsNotFound(Get<ConfigMap>("a").status()));
}

TEST_F(RegistryTest, BootstrapMakesTheDefaultObjectsOnce) {
  EXPECT_THAT(Names<Namespace>(), ElementsAre("default", "kube-node-lease", "kube-public", "kube-system"));
  const auto revision = server_.store().CurrentRevision();
  ASSERT_OK(server_.registry().Bootstrap());
  EXPECT_EQ(server_.store().CurrentRevision(), revision);
}

TEST_F(RegistryTest, UnknownResourcesAndVerbsAreRefused) {
  api::ResourceInfo unknown = ResourceOf<ConfigMap>();
  unknown.plural = "nonsuch";
  EXPECT_EQ(client_->Get(unknown, {"default", "a"}).status().message(),
            "the server could not find the requested resource");
  const api::ResourceInfo* reviews = api::Scheme::Builtin().FindResource("authentication.k8s.io", "v1", "tokenreviews");
  EXPECT_THAT(client_->Get(*reviews, {"", "a"}), StatusIs(absl::StatusCode::kUnimplemented, "get is not supported"));
}

}  // namespace
}  // namespace kubelite::apiserver
