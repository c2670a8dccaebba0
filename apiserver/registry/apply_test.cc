#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "apiserver/registry/registry_fixture.h"
#include "k8s/apps/v1.pb.h"
#include "k8s/autoscaling/v1.pb.h"
#include "k8s/coordination/v1.pb.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kDeployment[] = R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{)"
                               R"("replicas":REPLICAS,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":)"
                               R"({"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"host"}]}}}})";

std::string DeploymentJson(int replicas) {
  std::string json = kDeployment;
  const size_t at = json.find("REPLICAS");
  return json.replace(at, 8, absl::StrCat(replicas));
}

std::string ConfigMapJson(absl::string_view rest) {
  return absl::StrCat(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m"},)", rest, "}");
}

class ApplyTest : public RegistryTest {
 protected:
  // A patch as `manager`.
  Request NewPatch(const api::ResourceInfo& resource, const std::string& name, const std::string& manager,
                   client::PatchType type, const std::string& body) {
    Request request;
    request.user = {.name = "admin", .groups = {"system:masters"}};
    request.verb = "patch";
    request.group = resource.gvk.group;
    request.version = resource.gvk.version;
    request.resource = resource.plural;
    request.name_space = "default";
    request.name = name;
    request.field_manager = manager;
    request.patch_type = type;
    request.body_json = body;
    return request;
  }
  absl::StatusOr<ObjectPtr> Do(Request request) { return server_.server().Unary(&request, nullptr); }

  absl::StatusOr<ObjectPtr> ApplyMap(const std::string& manager, absl::string_view rest, bool force = false) {
    Request request = NewPatch(ResourceOf<ConfigMap>(), "m", manager, client::PatchType::kApply, ConfigMapJson(rest));
    request.force = force;
    return Do(std::move(request));
  }
  absl::StatusOr<ObjectPtr> ApplyDeployment(const std::string& manager, const std::string& json, bool force = false) {
    Request request = NewPatch(ResourceOf<Deployment>(), "d", manager, client::PatchType::kApply, json);
    request.force = force;
    return Do(std::move(request));
  }
  absl::StatusOr<ObjectPtr> Merge(const api::ResourceInfo& resource, const std::string& name,
                                  const std::string& manager, const std::string& patch,
                                  const std::string& subresource = "") {
    Request request = NewPatch(resource, name, manager, client::PatchType::kMerge, patch);
    request.subresource = subresource;
    return Do(std::move(request));
  }

  // "manager Operation[/subresource] fields".
  static std::vector<std::string> Managers(const api::Object& object) {
    std::vector<std::string> texts;
    for (const auto& entry : api::Meta(object).managedfields()) {
      texts.push_back(absl::StrCat(entry.manager(), " ", entry.operation(), entry.subresource().empty() ? "" : "/",
                                   entry.subresource(), " ", entry.fieldsv1().raw()));
    }
    return texts;
  }
  std::vector<std::string> MapManagers() { return Managers(**Get<ConfigMap>("m")); }
  std::map<std::string, std::string> Data() {
    const auto map = *Get<ConfigMap>("m");
    return {map->data().begin(), map->data().end()};
  }
};

TEST_F(ApplyTest, CreatesWhatIsNotThere) {
  Request request =
      NewPatch(ResourceOf<ConfigMap>(), "m", "a", client::PatchType::kApply, ConfigMapJson(R"("data":{"x":"1"})"));
  bool created = false;
  request.created = &created;
  const auto object = Do(request);
  ASSERT_OK(object.status());
  EXPECT_TRUE(created);
  EXPECT_THAT(Managers(**object), ElementsAre(R"(a Apply {"f:data":{"f:x":{}}})"));
  EXPECT_EQ(api::Meta(**object).managedfields(0).apiversion(), "v1");
  EXPECT_EQ(api::Meta(**object).managedfields(0).fieldstype(), "FieldsV1");
  created = false;
  ASSERT_OK(Do(request).status());
  EXPECT_FALSE(created);
}

TEST_F(ApplyTest, CreatingNeedsTheRightToCreate) {
  const auto controllers = server_.ClientFor("system:kube-controller-manager");
  const auto apply = [&controllers](const api::ResourceInfo& resource, const std::string& body) {
    client::WriteOptions options;
    options.field_manager = "c";
    return controllers->Patch(resource, {resource.namespaced ? "default" : "", "m"}, client::PatchType::kApply, body,
                              "", options);
  };
  EXPECT_OK(apply(ResourceOf<ConfigMap>(), ConfigMapJson(R"("data":{"x":"1"})")).status());
  EXPECT_TRUE(api::IsForbidden(
      apply(ResourceOf<Node>(), R"({"apiVersion":"v1","kind":"Node","metadata":{"name":"m"}})").status()));
}

TEST_F(ApplyTest, AgainChangesNothing) {
  const auto first = ApplyMap("a", R"("data":{"x":"1"})");
  ASSERT_OK(first.status());
  executor_.Advance(absl::Seconds(5));
  const auto second = ApplyMap("a", R"("data":{"x":"1"})");
  ASSERT_OK(second.status());
  EXPECT_EQ(api::Meta(**second).resourceversion(), api::Meta(**first).resourceversion());
  EXPECT_EQ(api::Meta(**second).managedfields(0).time().seconds(),
            api::Meta(**first).managedfields(0).time().seconds());
}

TEST_F(ApplyTest, RemovesWhatTheManagerDropped) {
  ASSERT_OK(ApplyMap("a", R"("data":{"x":"1","y":"2"})").status());
  ASSERT_OK(Merge(ResourceOf<ConfigMap>(), "m", "editor", R"({"data":{"z":"3"}})").status());
  ASSERT_OK(ApplyMap("a", R"("data":{"y":"2"})").status());
  EXPECT_EQ(Data(), (std::map<std::string, std::string>{{"y", "2"}, {"z", "3"}}));
}

TEST_F(ApplyTest, ConflictsNameManagerAndField) {
  ASSERT_OK(ApplyDeployment("a", DeploymentJson(1)).status());
  ASSERT_OK(Merge(ResourceOf<Deployment>(), "d", "kubectl-scale", R"({"spec":{"replicas":3}})").status());
  const absl::Status refused = ApplyDeployment("a", DeploymentJson(2)).status();
  EXPECT_EQ(refused.message(),
            "Apply failed with 1 conflict: conflict with \"kubectl-scale\" using apps/v1: .spec.replicas");
  const auto status = api::ToApiStatus(refused);
  EXPECT_EQ(status.code(), 409);
  EXPECT_EQ(status.reason(), "Conflict");
  ASSERT_EQ(status.details().causes_size(), 1);
  EXPECT_EQ(status.details().causes(0).field(), ".spec.replicas");
  EXPECT_EQ(status.details().causes(0).message(), "conflict with \"kubectl-scale\" using apps/v1");

  const auto forced = ApplyDeployment("a", DeploymentJson(2), /*force=*/true);
  ASSERT_OK(forced.status());
  EXPECT_EQ(static_cast<const Deployment&>(**forced).spec().replicas(), 2);
  EXPECT_EQ(api::Meta(**forced).managedfields_size(), 1);  // the other one owns nothing any more
}

TEST_F(ApplyTest, EqualValuesAreShared) {
  ASSERT_OK(ApplyMap("a", R"("data":{"x":"1"})").status());
  ASSERT_OK(ApplyMap("b", R"("data":{"x":"1"})").status());
  EXPECT_THAT(MapManagers(), ElementsAre(R"(a Apply {"f:data":{"f:x":{}}})", R"(b Apply {"f:data":{"f:x":{}}})"));
  ASSERT_OK(ApplyMap("a", R"("data":{})").status());  // b holds it
  EXPECT_EQ(Data(), (std::map<std::string, std::string>{{"x", "1"}}));
  EXPECT_THAT(ApplyMap("a", R"("data":{"x":"2"})").status(), base::StatusIs(absl::StatusCode::kAborted, "\"b\""));
}

TEST_F(ApplyTest, FieldsCanBeHandedOver) {
  // As the documentation says it: the autoscaler takes replicas, then the user stops applying them.
  ASSERT_OK(ApplyDeployment("user", DeploymentJson(3)).status());
  const std::string replicas =
      R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"replicas":3}})";
  ASSERT_OK(ApplyDeployment("scaler", replicas).status());
  std::string without = DeploymentJson(3);
  without.erase(without.find(R"("replicas":3,)"), 13);
  const auto object = ApplyDeployment("user", without);
  ASSERT_OK(object.status());
  EXPECT_EQ(static_cast<const Deployment&>(**object).spec().replicas(), 3);
  EXPECT_THAT(Managers(**object)[0], "scaler Apply {\"f:spec\":{\"f:replicas\":{}}}");
}

TEST_F(ApplyTest, ListsMergeByTheirKeys) {
  const auto with_env = [](absl::string_view env) {
    std::string json = DeploymentJson(1);
    const std::string image = R"("image":"host")";
    return json.replace(json.find(image), image.size(), absl::StrCat(image, ",\"env\":", env));
  };
  ASSERT_OK(ApplyDeployment("a", with_env(R"([{"name":"A","value":"1"},{"name":"B","value":"2"}])")).status());
  const std::string sidecar =
      R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"template")"
      R"(:{"spec":{"containers":[{"name":"side","image":"host"},)"
      R"({"name":"c","env":[{"name":"C","value":"3"}]}]}}}})";
  ASSERT_OK(ApplyDeployment("b", sidecar).status());
  const auto object = ApplyDeployment("a", with_env(R"([{"name":"B","value":"2"}])"));
  ASSERT_OK(object.status());
  const auto& pod = static_cast<const Deployment&>(**object).spec().template_().spec();
  ASSERT_EQ(pod.containers_size(), 2);
  std::vector<std::string> env;
  for (const auto& container : pod.containers()) {
    for (const auto& variable : container.env()) env.push_back(variable.name());
  }
  EXPECT_THAT(env, ElementsAre("B", "C"));
}

TEST_F(ApplyTest, TheBodyMustFit) {
  ASSERT_OK(ApplyMap("a", R"("data":{"x":"1"})").status());
  const auto problem = [this](const std::string& body) {
    const absl::Status status =
        Do(NewPatch(ResourceOf<ConfigMap>(), "m", "a", client::PatchType::kApply, body)).status();
    return absl::StrCat(api::ToApiStatus(status).code(), " ", std::string(status.message()));
  };
  EXPECT_THAT(problem("[1"), HasSubstr("400 error decoding YAML: "));
  EXPECT_EQ(problem("{}"), "400 invalid object type: /, Kind=");
  EXPECT_EQ(problem(R"({"apiVersion":"apps/v1","kind":"Deployment"})"),
            "400 invalid object type: apps/v1, Kind=Deployment");
  EXPECT_EQ(problem(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"managedFields":[]}})"),
            "400 metadata.managedFields must be nil");
  EXPECT_EQ(problem(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m","namespace":"default"},"foo":1})"),
            "500 failed to create typed patch object (default/m; v1, Kind=ConfigMap): .foo: field not declared in "
            "schema");
  EXPECT_THAT(problem(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"other"}})"),
              HasSubstr("400 the name of the object (other) does not match the name on the URL (m)"));
  EXPECT_THAT(problem(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m","resourceVersion":"1"}})"),
              HasSubstr("409 Operation cannot be fulfilled"));
  EXPECT_THAT(problem(R"({"apiVersion":"v1","kind":"ConfigMap","data":{"x":"1","x":"2"}})"),
              HasSubstr("400 error strict decoding YAML: duplicate field \"data.x\""));
  Request forced = NewPatch(ResourceOf<ConfigMap>(), "m", "a", client::PatchType::kMerge, "{}");
  forced.force = true;
  EXPECT_EQ(Do(forced).status().message(),
            "PatchOptions.meta.k8s.io \"\" is invalid: force: Forbidden: may not be specified for non-apply patch");
}

TEST_F(ApplyTest, AUidAsksForAnObjectThatIsThere) {
  Request request = NewPatch(ResourceOf<ConfigMap>(), "m", "a", client::PatchType::kApply,
                             R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m","uid":"u"}})");
  EXPECT_EQ(Do(request).status().message(),
            "Operation cannot be fulfilled on configmaps \"m\": uid mismatch: the provided object specified uid u, and "
            "no existing object was found");
}

TEST_F(ApplyTest, DryRunsWriteNothing) {
  Request request =
      NewPatch(ResourceOf<ConfigMap>(), "m", "a", client::PatchType::kApply, ConfigMapJson(R"("data":{"x":"1"})"));
  request.dry_run = true;
  ASSERT_OK(Do(request).status());
  EXPECT_TRUE(api::IsNotFound(Get<ConfigMap>("m").status()));
}

TEST_F(ApplyTest, StatusIsAppliedApart) {
  ASSERT_OK(ApplyDeployment("a", DeploymentJson(1)).status());
  Request request = NewPatch(ResourceOf<Deployment>(), "d", "a", client::PatchType::kApply,
                             R"({"apiVersion":"apps/v1","kind":"Deployment","spec":{"replicas":7},)"
                             R"("status":{"conditions":[{"type":"Mine","status":"True"}]}})");
  request.subresource = "status";
  const auto object = Do(request);
  ASSERT_OK(object.status());
  EXPECT_EQ(static_cast<const Deployment&>(**object).spec().replicas(), 1);
  const std::vector<std::string> managers = Managers(**object);
  ASSERT_EQ(managers.size(), 2u);
  EXPECT_EQ(managers[1], R"(a Apply/status {"f:status":{"f:conditions":{"k:{\"type\":\"Mine\"}":{".":{},)"
                         R"("f:status":{},"f:type":{}}}}})");
}

TEST_F(ApplyTest, ScaleIsTheParentsField) {
  ASSERT_OK(ApplyDeployment("a", DeploymentJson(1)).status());
  ASSERT_OK(Merge(ResourceOf<Deployment>(), "d", "scaler", R"({"spec":{"replicas":4}})", "scale").status());
  EXPECT_THAT(Managers(**Get<Deployment>("d")),
              ::testing::Contains(R"(scaler Update/scale {"f:spec":{"f:replicas":{}}})"));
  Request request = NewPatch(ResourceOf<Deployment>(), "d", "b", client::PatchType::kApply,
                             R"({"apiVersion":"autoscaling/v1","kind":"Scale","spec":{"replicas":5}})");
  request.subresource = "scale";
  EXPECT_THAT(std::string(Do(request).status().message()),
              HasSubstr(R"(conflict with "scaler" with subresource "scale" using apps/v1: .spec.replicas)"));
  request.force = true;
  for (const char* more :
       {R"("spec":{"replicas":5,"paused":true})", R"("metadata":{"labels":{"a":"b"}})", R"("x":1)"}) {
    Request wide = request;
    wide.body_json = absl::StrCat(R"({"apiVersion":"autoscaling/v1","kind":"Scale",)", more, "}");
    EXPECT_THAT(std::string(Do(wide).status().message()), HasSubstr("a Scale has no field")) << more;
  }
  const auto scale = Do(request);
  ASSERT_OK(scale.status());
  EXPECT_EQ(static_cast<const k8s::autoscaling::v1::Scale&>(**scale).spec().replicas(), 5);
}

TEST_F(ApplyTest, PlainWritersOwnWhatTheyChange) {
  ConfigMap map = MakeConfigMap("m");
  (*map.mutable_data())["x"] = "1";
  ASSERT_OK(Create(map));
  EXPECT_THAT(MapManagers(), ElementsAre(R"(unknown Update {"f:data":{".":{},"f:x":{}}})"));
  ASSERT_OK(Merge(ResourceOf<ConfigMap>(), "m", "editor", R"({"data":{"x":"2","y":"3"}})").status());
  EXPECT_THAT(MapManagers(),
              ElementsAre(R"(editor Update {"f:data":{"f:x":{},"f:y":{}}})", R"(unknown Update {"f:data":{}})"));
}

TEST_F(ApplyTest, StatusWritersAreApart) {
  ASSERT_OK(ApplyDeployment("a", DeploymentJson(1)).status());
  const std::string patch = R"({"status":{"replicas":2}})";
  ASSERT_OK(Merge(ResourceOf<Deployment>(), "d", "a", patch, "status").status());
  EXPECT_THAT(Managers(**Get<Deployment>("d")),
              ::testing::Contains(R"(a Update/status {"f:status":{"f:replicas":{}}})"));
}

TEST_F(ApplyTest, OneEmptyEntryResets) {
  ASSERT_OK(ApplyMap("a", R"("data":{"x":"1"})").status());
  ASSERT_OK(Merge(ResourceOf<ConfigMap>(), "m", "e", R"({"metadata":{"managedFields":[]}})").status());
  EXPECT_EQ(MapManagers().size(), 1u);  // an empty list says nothing
  ASSERT_OK(Merge(ResourceOf<ConfigMap>(), "m", "e", R"({"metadata":{"managedFields":[{}]}})").status());
  EXPECT_THAT(MapManagers(), IsEmpty());
  ASSERT_OK(Merge(ResourceOf<ConfigMap>(), "m", "e", R"({"data":{"y":"2"}})").status());
  EXPECT_THAT(MapManagers(), IsEmpty());
  ASSERT_OK(ApplyMap("b", R"("data":{"z":"3"})").status());
  EXPECT_THAT(MapManagers(), ElementsAre(R"(b Apply {"f:data":{"f:z":{}}})",
                                         R"(before-first-apply Update {"f:data":{".":{},"f:x":{},"f:y":{}}})"));
}

TEST_F(ApplyTest, EntriesCanBeReplaced) {
  ASSERT_OK(ApplyMap("a", R"("data":{"x":"1"})").status());
  const std::string entry = R"({"manager":"b","operation":"Apply","apiVersion":"v1","fieldsType":"FieldsV1",)"
                            R"("fieldsV1":{"f:data":{"f:x":{}}}})";
  ASSERT_OK(Merge(ResourceOf<ConfigMap>(), "m", "e", absl::StrCat(R"({"metadata":{"managedFields":[)", entry, "]}}"))
                .status());
  EXPECT_THAT(MapManagers(), ElementsAre(R"(b Apply {"f:data":{"f:x":{}}})"));
  // What cannot be read counts as not sent.
  ASSERT_OK(Merge(ResourceOf<ConfigMap>(), "m", "e", R"({"metadata":{"managedFields":[{"manager":"c"}]}})").status());
  EXPECT_THAT(MapManagers(), ElementsAre(R"(b Apply {"f:data":{"f:x":{}}})"));
}

TEST_F(ApplyTest, KubectlMovesFromClientSideApply) {
  constexpr char kClientSide[] =
      R"({"apiVersion":"v1","data":{"x":"1"},"kind":"ConfigMap","metadata":{"annotations":{},)"
      R"("name":"m","namespace":"default"}}
)";
  ConfigMap map = MakeConfigMap("m");
  (*map.mutable_data())["x"] = "1";
  (*map.mutable_metadata()->mutable_annotations())["kubectl.kubernetes.io/last-applied-configuration"] = kClientSide;
  client::WriteOptions as_kubectl;
  as_kubectl.field_manager = "kubectl-client-side-apply";
  ASSERT_OK(client_->Create(ResourceOf<ConfigMap>(), map, as_kubectl).status());
  EXPECT_FALSE(ApplyMap("other", R"("data":{"x":"2"})").ok());
  ASSERT_OK(ApplyMap("kubectl", R"("data":{"x":"2"})").status());
  const auto now = *Get<ConfigMap>("m");
  EXPECT_EQ(now->data().at("x"), "2");
  EXPECT_EQ(api::GetAnnotation(*now, "kubectl.kubernetes.io/last-applied-configuration"),
            "{\"apiVersion\":\"v1\",\"data\":{\"x\":\"2\"},\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"m\"}}\n");
  // Somebody else's change since then is a conflict.
  ASSERT_OK(Merge(ResourceOf<ConfigMap>(), "m", "editor", R"({"data":{"x":"3"}})").status());
  EXPECT_FALSE(ApplyMap("kubectl", R"("data":{"x":"2"})").ok());
}

TEST_F(ApplyTest, RenewalsOfLeasesKeepTheSet) {
  k8s::coordination::v1::Lease lease;
  lease.mutable_metadata()->set_name("l");
  lease.mutable_metadata()->set_namespace_("default");
  lease.mutable_spec()->set_holderidentity("n");
  lease.mutable_spec()->mutable_renewtime()->set_seconds(1);
  auto created = Create(lease);
  ASSERT_OK(created.status());
  executor_.Advance(absl::Seconds(10));
  k8s::coordination::v1::Lease renewed = **created;
  renewed.mutable_spec()->mutable_renewtime()->set_seconds(2);
  const auto updated = client::Update(*client_, renewed);
  ASSERT_OK(updated.status());
  ASSERT_EQ((*updated)->metadata().managedfields_size(), 1);
  EXPECT_EQ((*updated)->metadata().managedfields(0).fieldsv1().raw(),
            (*created)->metadata().managedfields(0).fieldsv1().raw());
  EXPECT_GT((*updated)->metadata().managedfields(0).time().seconds(),
            (*created)->metadata().managedfields(0).time().seconds());
}

}  // namespace
}  // namespace kubelite::apiserver
