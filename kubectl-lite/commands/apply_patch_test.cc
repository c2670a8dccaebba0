#include "kubectl-lite/commands/apply_patch.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/api/json.h"
#include "common/api/patch.h"
#include "k8s/apps/v1.pb.h"

namespace kubelite::cli {
namespace {

using k8s::apps::v1::Deployment;

// A deployment as the server keeps it: applied from `manifest`, then `current` written over it.
std::unique_ptr<api::Object> Stored(const std::string& manifest, const std::string& current) {
  const std::string modified = *WithLastApplied(manifest, "default");
  const std::string merged = *api::ApplyMergePatch(modified, current);
  std::unique_ptr<api::Object> object = *api::DecodeJson(merged);
  api::MutableMeta(object.get())->set_resourceversion("7");
  return object;
}

std::string Patch(const api::Object& current, const std::string& manifest) {
  const absl::StatusOr<std::string> patch = ApplyPatch(current, *WithLastApplied(manifest, "default"));
  EXPECT_TRUE(patch.ok()) << patch.status();
  return patch.value_or("");
}

// The spec after the patch, as JSON without the rest.
std::string SpecAfter(const api::Object& current, const std::string& manifest) {
  std::unique_ptr<api::Object> object =
      *api::DecodeJson(*api::ApplyMergePatch(api::EncodeJson(current), Patch(current, manifest)));
  Deployment only;
  *only.mutable_spec() = static_cast<const Deployment&>(*object).spec();
  return api::EncodeJson(only);
}

std::string Manifest(const std::string& spec) {
  return absl::StrCat(R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"hello"},"spec":)", spec, "}");
}

std::string Containers(const std::string& containers) {
  return absl::StrCat(R"({"template":{"spec":{"containers":)", containers, "}}}");
}

TEST(ApplyPatchTest, LastAppliedHoldsTheManifestWithItsNamespace) {
  const std::unique_ptr<api::Object> object =
      *api::DecodeJson(*WithLastApplied(Manifest(R"({"replicas":1})"), "default"));
  EXPECT_EQ(api::Meta(*object).namespace_(), "default");
  EXPECT_EQ(
      api::GetAnnotation(*object, kLastApplied),
      "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"hello\",\"namespace\":\"default\","
      "\"annotations\":{}},\"spec\":{\"replicas\":1}}\n");
}

TEST(ApplyPatchTest, NothingToDo) {
  const std::string manifest = Manifest(R"({"replicas":3})");
  EXPECT_EQ(Patch(*Stored(manifest, "{}"), manifest), "{}");
  // What others and defaults have set stays.
  EXPECT_EQ(
      Patch(*Stored(manifest, R"({"metadata":{"labels":{"x":"y"}},"spec":{"paused":true},"status":{"replicas":3}})"),
            manifest),
      "{}");
}

TEST(ApplyPatchTest, GeneratedManifestsWithEmptyServerFields) {
  const std::string manifest =
      R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"creationTimestamp":null,"name":"hello"},"spec":{},"status":{}})";
  EXPECT_EQ(
      Patch(*Stored(manifest, R"({"metadata":{"creationTimestamp":"2026-01-01T00:00:00Z"},"status":{"replicas":1}})"),
            manifest),
      "{}");
}

TEST(ApplyPatchTest, RemovesOnlyWhatItHadSet) {
  const auto stored =
      Stored(Manifest(R"({"replicas":3,"minReadySeconds":5})"), R"({"spec":{"revisionHistoryLimit":4}})");
  EXPECT_EQ(SpecAfter(*stored, Manifest(R"({"replicas":3})")),
            SpecAfter(*Stored(Manifest(R"({"replicas":3})"), R"({"spec":{"revisionHistoryLimit":4}})"),
                      Manifest(R"({"replicas":3})")));
}

TEST(ApplyPatchTest, ListsAreMergedByTheirKey) {
  const std::string before = Manifest(Containers(R"([{"name":"a","image":"a:1"},{"name":"old","image":"o"}])"));
  // The server has defaulted one container and something has added another.
  const auto stored = Stored(before, Containers("null").replace(0, 0, R"({"spec":)") + "}");
  Deployment current = static_cast<const Deployment&>(*stored);
  auto* spec = current.mutable_spec()->mutable_template_()->mutable_spec();
  for (const char* name : {"a", "old", "injected"}) {
    auto* container = spec->add_containers();
    container->set_name(name);
    container->set_image(std::string(name) + ":1");
    container->set_imagepullpolicy("IfNotPresent");
  }
  const std::string patch =
      Patch(current, Manifest(Containers(R"([{"name":"new","image":"n:1"},{"name":"a","image":"a:2"}])")));
  const auto after = *api::DecodeJson(*api::ApplyMergePatch(api::EncodeJson(current), patch));
  const auto& containers = static_cast<const Deployment&>(*after).spec().template_().spec().containers();
  ASSERT_EQ(containers.size(), 3) << patch;
  EXPECT_EQ(containers[0].name(), "new");
  EXPECT_EQ(containers[1].name(), "a");
  EXPECT_EQ(containers[1].image(), "a:2");
  EXPECT_EQ(containers[1].imagepullpolicy(), "IfNotPresent");
  EXPECT_EQ(containers[2].name(), "injected");
  // Such a patch holds for this version of the object only.
  EXPECT_NE(patch.find(R"("resourceVersion":"7")"), std::string::npos) << patch;
}

TEST(ApplyPatchTest, DefaultedElementsAreNoChange) {
  const std::string manifest = Manifest(Containers(R"([{"name":"a","image":"a:1","ports":[{"containerPort":80}]}])"));
  const auto stored = Stored(manifest, "{}");
  Deployment current = static_cast<const Deployment&>(*stored);
  auto* container = current.mutable_spec()->mutable_template_()->mutable_spec()->mutable_containers(0);
  container->set_imagepullpolicy("IfNotPresent");
  container->mutable_ports(0)->set_protocol("TCP");
  EXPECT_EQ(Patch(current, manifest), "{}");
}

TEST(ApplyPatchTest, OtherListsAreReplaced) {
  const std::string before = Manifest(Containers(R"([{"name":"a","args":["x","y"]}])"));
  const std::string after = Manifest(Containers(R"([{"name":"a","args":["y"]}])"));
  EXPECT_NE(SpecAfter(*Stored(before, "{}"), after).find(R"("args":["y"])"), std::string::npos);
}

TEST(ApplyPatchTest, AnotherStrategyDropsTheParametersOfTheFirst) {
  const std::string before = Manifest(R"({"strategy":{"type":"RollingUpdate"}})");
  const auto stored = Stored(before, R"({"spec":{"strategy":{"rollingUpdate":{"maxSurge":1}}}})");
  EXPECT_EQ(Patch(*stored, before), "{}");
  const std::string spec = SpecAfter(*stored, Manifest(R"({"strategy":{"type":"Recreate"}})"));
  EXPECT_NE(spec.find(R"("strategy":{"type":"Recreate"})"), std::string::npos) << spec;
}

}  // namespace
}  // namespace kubelite::cli
