#include "kubelet/pod/environment.h"

#include "common/api/testing/builders.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::kubelet {
namespace {

using api::testing::MakePod;
using base::StatusIs;
using ::testing::ElementsAre;
using ::testing::Pair;

class EnvironmentTest : public ::testing::Test {
 protected:
  EnvironmentTest() {
    pod_ = MakePod("web-1").Label("app", "web").Annotation("note", "a \"b\"").Build();
    container_ = pod_.mutable_spec()->mutable_containers(0);
    sources_.node_name = "n1";
    sources_.pod_ip = "127.64.0.1";
    sources_.host_ip = "127.0.0.1";
    sources_.node_allocatable = {{"cpu", "4"}, {"memory", "8Gi"}};
    sources_.config_map =
        [this](const std::string& name) -> absl::StatusOr<std::shared_ptr<const k8s::core::v1::ConfigMap>> {
      if (name != "settings") return absl::NotFoundError("no");
      auto map = std::make_shared<k8s::core::v1::ConfigMap>();
      for (const auto& [key, value] : data_) (*map->mutable_data())[key] = value;
      return map;
    };
  }
  void Set(const std::string& name, const std::string& value) {
    auto* variable = container_->add_env();
    variable->set_name(name);
    variable->set_value(value);
  }
  k8s::core::v1::EnvVarSource* From(const std::string& name) {
    auto* variable = container_->add_env();
    variable->set_name(name);
    return variable->mutable_valuefrom();
  }
  std::string Field(const std::string& path) {
    container_->clear_env();
    From("X")->mutable_fieldref()->set_fieldpath(path);
    return Value("X");
  }
  std::string Value(const std::string& name) {
    absl::StatusOr<Environment> made = Make();
    EXPECT_OK(made);
    const std::string* value = made.ok() ? made->Find(name) : nullptr;
    return value == nullptr ? "(unset)" : *value;
  }
  absl::StatusOr<Environment> Make() { return MakeEnvironment(pod_, *container_, sources_); }

  k8s::core::v1::Pod pod_;
  k8s::core::v1::Container* container_;
  EnvironmentSources sources_;
  std::map<std::string, std::string> data_ = {{"COLOR", "red"}, {"not=name", "x"}};
};

TEST_F(EnvironmentTest, ValuesSeeEarlierVariablesOnly) {
  Set("A", "1");
  Set("B", "$(A)$(C)");
  Set("C", "3");
  EXPECT_THAT(Make()->variables, ElementsAre(Pair("A", "1"), Pair("B", "1$(C)"), Pair("C", "3")));
}

TEST_F(EnvironmentTest, LaterDefinitionsWin) {
  Set("A", "1");
  Set("A", "2");
  EXPECT_THAT(Make()->variables, ElementsAre(Pair("A", "2")));
}

TEST_F(EnvironmentTest, DownwardFields) {
  EXPECT_EQ(Field("metadata.name"), "web-1");
  EXPECT_EQ(Field("metadata.namespace"), "default");
  EXPECT_EQ(Field("metadata.uid"), "uid-web-1");
  EXPECT_EQ(Field("metadata.labels['app']"), "web");
  EXPECT_EQ(Field("metadata.labels['none']"), "");
  EXPECT_EQ(Field("metadata.annotations"), "note=\"a \\\"b\\\"\"");
  EXPECT_EQ(Field("spec.nodeName"), "n1");
  EXPECT_EQ(Field("status.podIP"), "127.64.0.1");
  EXPECT_EQ(Field("status.hostIP"), "127.0.0.1");
  container_->clear_env();
  From("X")->mutable_fieldref()->set_fieldpath("spec.containers");
  EXPECT_THAT(Make(), StatusIs(absl::StatusCode::kInvalidArgument, "unsupported fieldPath"));
}

struct ResourceCase {
  const char* resource;
  const char* divisor;
  const char* value;
};
class ResourceFieldTest : public EnvironmentTest, public ::testing::WithParamInterface<ResourceCase> {};

TEST_P(ResourceFieldTest, IsDividedAndRoundedUp) {
  (*container_->mutable_resources()->mutable_requests())["cpu"].set_string("250m");
  (*container_->mutable_resources()->mutable_requests())["memory"].set_string("100Mi");
  auto* selector = From("X")->mutable_resourcefieldref();
  selector->set_resource(GetParam().resource);
  if (*GetParam().divisor != 0) selector->mutable_divisor()->set_string(GetParam().divisor);
  EXPECT_EQ(Value("X"), GetParam().value);
}

INSTANTIATE_TEST_SUITE_P(
    All, ResourceFieldTest,
    ::testing::Values(ResourceCase{"requests.cpu", "", "1"}, ResourceCase{"requests.cpu", "1m", "250"},
                      ResourceCase{"requests.memory", "1Mi", "100"}, ResourceCase{"requests.memory", "", "104857600"},
                      ResourceCase{"limits.cpu", "", "4"}, ResourceCase{"limits.memory", "1Gi", "8"}));

TEST_F(EnvironmentTest, EnvFromTakesValidNamesWithThePrefix) {
  auto* from = container_->add_envfrom();
  from->set_prefix("P_");
  from->mutable_configmapref()->mutable_localobjectreference()->set_name("settings");
  ASSERT_OK_AND_ASSIGN(const Environment environment, Make());
  EXPECT_THAT(environment.variables, ElementsAre(Pair("P_COLOR", "red")));
  EXPECT_THAT(environment.skipped, ElementsAre("ConfigMap default/settings: not=name"));
}

TEST_F(EnvironmentTest, MissingSourcesFailUnlessOptional) {
  auto* ref = From("X")->mutable_configmapkeyref();
  ref->mutable_localobjectreference()->set_name("none");
  ref->set_key("k");
  EXPECT_THAT(Make(), StatusIs(absl::StatusCode::kFailedPrecondition, "configmap \"none\" not found"));
  ref->mutable_localobjectreference()->set_name("settings");
  EXPECT_THAT(Make(),
              StatusIs(absl::StatusCode::kFailedPrecondition, "couldn't find key k in ConfigMap default/settings"));
  ref->set_optional(true);
  EXPECT_EQ(Value("X"), "(unset)");
  ref->set_key("COLOR");
  EXPECT_EQ(Value("X"), "red");
}

TEST_F(EnvironmentTest, ServicesBecomeVariables) {
  auto service = std::make_shared<k8s::core::v1::Service>();
  service->mutable_metadata()->set_name("my-db");
  service->mutable_spec()->set_clusterip("10.96.0.9");
  auto* port = service->mutable_spec()->add_ports();
  port->set_name("main-port");
  port->set_port(5432);
  sources_.services = {service};
  EXPECT_THAT(Make()->variables,
              ElementsAre(Pair("MY_DB_SERVICE_HOST", "10.96.0.9"), Pair("MY_DB_SERVICE_PORT", "5432"),
                          Pair("MY_DB_SERVICE_PORT_MAIN_PORT", "5432"), Pair("MY_DB_PORT", "tcp://10.96.0.9:5432"),
                          Pair("MY_DB_PORT_5432_TCP", "tcp://10.96.0.9:5432"), Pair("MY_DB_PORT_5432_TCP_PROTO", "tcp"),
                          Pair("MY_DB_PORT_5432_TCP_PORT", "5432"), Pair("MY_DB_PORT_5432_TCP_ADDR", "10.96.0.9")));
  pod_.mutable_spec()->set_enableservicelinks(false);
  EXPECT_TRUE(Make()->variables.empty());
}

}  // namespace
}  // namespace kubelite::kubelet
