#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/api/json.h"
#include "common/base/testing/status_matchers.h"
#include "k8s/apps/v1.pb.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::api {
namespace {

using ::testing::ElementsAre;

struct Case {
  const char* name;
  const char* json;
  const char* message;
};

class DecodeError : public ::testing::TestWithParam<Case> {};

TEST_P(DecodeError, SaysWhatIsWrong) {
  const absl::Status status = DecodeJson(GetParam().json).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(std::string(status.message()), GetParam().message);
}

const Case kCases[] = {
    {"Empty", "  ", "JSON: the text is empty"},
    {"Syntax", "{\"kind\":\n \"Pod\" \"x\"}", "JSON: line 2, column 8: Missing a comma or '}' after an object member."},
    {"NotAnObject", "[1]", "expected object, got array"},
    {"MissingKind", R"({"apiVersion":"v1"})", R"(Object 'Kind' is missing in '{"apiVersion":"v1"}')"},
    {"MissingVersion", R"({"kind":"Pod"})", R"(Object 'apiVersion' is missing in '{"kind":"Pod"}')"},
    {"UnknownKind", R"({"apiVersion":"apps/v1","kind":"Foo"})", R"(no kind "Foo" is registered for version "apps/v1")"},
    {"MisspeltKind", R"({"apiVersion":"apps/v1","kind":"Deploymnt"})",
     R"(no kind "Deploymnt" is registered for version "apps/v1"; did you mean "Deployment"?)"},
    {"KindOfOtherVersion", R"({"apiVersion":"v1","kind":"Deployment"})",
     R"(no kind "Deployment" is registered for version "v1"; it exists in apps/v1)"},
    {"UnknownVersion", R"({"apiVersion":"foo/v7","kind":"Foo"})",
     R"(no kind "Foo" is registered for version "foo/v7"; this version is not served)"},
    {"BadVersion", R"({"apiVersion":"a/b/c","kind":"Foo"})",
     R"(apiVersion "a/b/c" is not of the form "version" or "group/version")"},
    {"KindNotText", R"({"apiVersion":"v1","kind":3})", R"(field "kind": expected string, got integer 3)"},
    {"UnknownField", R"({"apiVersion":"v1","kind":"Pod","spec":{"foo":1}})",
     R"(strict decoding error: unknown field "spec.foo")"},
    {"UnknownFieldWithHint", R"({"apiVersion":"apps/v1","kind":"Deployment","spec":{"replica":1}})",
     R"(strict decoding error: unknown field "spec.replica" (did you mean "replicas"?))"},
    {"AllStrictErrors",
     R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","name":"b","labels":{"x":"1","x":"2"}},)"
     R"("spec":{"containers":[{"name":"c","nope":1}],"Volumes":[]},"kind":"Pod"})",
     R"(strict decoding error: duplicate field "metadata.name", duplicate field "metadata.labels.x", )"
     R"(unknown field "spec.containers[0].nope", unknown field "spec.Volumes" (did you mean "volumes"?), )"
     R"(duplicate field "kind")"},
    {"StringForInteger", R"({"apiVersion":"apps/v1","kind":"Deployment","spec":{"replicas":"three"}})",
     R"(field "spec.replicas": expected integer, got string "three")"},
    {"FloatForInteger", R"({"apiVersion":"apps/v1","kind":"Deployment","spec":{"replicas":1.5}})",
     R"(field "spec.replicas": expected integer, got number 1.5)"},
    {"TooLargeForInt32", R"({"apiVersion":"apps/v1","kind":"Deployment","spec":{"replicas":3000000000}})",
     R"(field "spec.replicas": 3000000000 is out of range for a 32-bit integer)"},
    {"TooLargeForInt64",
     R"({"apiVersion":"v1","kind":"Pod","spec":{"terminationGracePeriodSeconds":9223372036854775808}})",
     R"(field "spec.terminationGracePeriodSeconds": 9223372036854775808 is out of range for a 64-bit integer)"},
    {"NumberForString",
     R"({"apiVersion":"apps/v1","kind":"Deployment","spec":{"template":{"spec":{"containers":[{"image":5}]}}}})",
     R"(field "spec.template.spec.containers[0].image": expected string, got integer 5)"},
    {"NumberForLabel", R"({"apiVersion":"v1","kind":"Pod","metadata":{"labels":{"n":1}}})",
     R"(field "metadata.labels.n": expected string, got integer 1)"},
    {"ObjectForArray", R"({"apiVersion":"v1","kind":"Pod","spec":{"containers":{}}})",
     R"(field "spec.containers": expected array, got object)"},
    {"ArrayForObject", R"({"apiVersion":"v1","kind":"Pod","spec":[]})", R"(field "spec": expected object, got array)"},
    {"ArrayForMap", R"({"apiVersion":"v1","kind":"Pod","metadata":{"labels":[]}})",
     R"(field "metadata.labels": expected object, got array)"},
    {"StringForBool", R"({"apiVersion":"v1","kind":"Pod","spec":{"hostNetwork":"yes"}})",
     R"(field "spec.hostNetwork": expected boolean, got string "yes")"},
    {"BadTime", R"({"apiVersion":"v1","kind":"Pod","metadata":{"creationTimestamp":"yesterday"}})",
     R"(field "metadata.creationTimestamp": "yesterday" is not an RFC 3339 time such as "2006-01-02T15:04:05Z")"},
    {"BadBase64", R"({"apiVersion":"v1","kind":"Secret","data":{"k":"*"}})",
     R"(field "data.k": the value is not base64 (standard alphabet, padded))"},
    {"BadQuantity",
     R"({"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"resources":{"limits":{"cpu":"1Zi"}}}]}})",
     R"(field "spec.containers[0].resources.limits.cpu": unable to parse quantity's suffix in "1Zi": )"
     R"(use n, u, m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei or e3)"},
    {"BadIntOrString", R"({"apiVersion":"v1","kind":"Service","spec":{"ports":[{"targetPort":1.5}]}})",
     R"(field "spec.ports[0].targetPort": expected integer or string, got number 1.5)"},
};

INSTANTIATE_TEST_SUITE_P(Table, DecodeError, ::testing::ValuesIn(kCases),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Decode, WarnsInsteadOfFailing) {
  std::vector<std::string> warnings;
  DecodeOptions options;
  options.unknown = DecodeOptions::Unknown::kWarn;
  options.warnings = &warnings;
  const char* json = R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","name":"b"},"foo":1})";
  ASSERT_OK_AND_ASSIGN(const auto object, DecodeJson(json, options));
  EXPECT_EQ(Meta(*object).name(), "b");
  EXPECT_THAT(warnings, ElementsAre("duplicate field \"metadata.name\"", "unknown field \"foo\""));
}

TEST(Decode, IgnoresUnknownAndTakesTheLastDuplicate) {
  DecodeOptions options;
  options.unknown = DecodeOptions::Unknown::kIgnore;
  const char* json =
      R"({"apiVersion":"v1","kind":"Pod","foo":{"bar":[]},"spec":{"containers":[{"name":"a"}],"containers":[{"name":"b"}]}})";
  ASSERT_OK_AND_ASSIGN(const auto object, DecodeJson(json, options));
  const auto& pod = static_cast<const k8s::core::v1::Pod&>(*object);
  ASSERT_EQ(pod.spec().containers_size(), 1);
  EXPECT_EQ(pod.spec().containers(0).name(), "b");
}

TEST(Decode, NullIsUnset) {
  const char* json =
      R"({"apiVersion":"v1","kind":"Pod","metadata":{"labels":null,"name":null},"spec":null,"status":{}})";
  ASSERT_OK_AND_ASSIGN(const auto object, DecodeJson(json));
  EXPECT_EQ(object->ByteSizeLong(), 0U);
}

TEST(Decode, IntoKnownType) {
  k8s::core::v1::Pod pod;
  pod.mutable_metadata()->set_uid("old");
  EXPECT_OK(DecodeJsonInto(R"({"metadata":{"name":"p"}})", &pod));
  EXPECT_EQ(pod.metadata().name(), "p");
  EXPECT_FALSE(pod.metadata().has_uid());
  EXPECT_THAT(DecodeJsonInto(R"({"kind":"Service"})", &pod),
              base::StatusIs(absl::StatusCode::kInvalidArgument, R"(field "kind": expected "Pod", got "Service")"));
  EXPECT_THAT(DecodeJsonInto(R"({"apiVersion":"v2"})", &pod),
              base::StatusIs(absl::StatusCode::kInvalidArgument, R"(field "apiVersion": expected "v1", got "v2")"));
}

TEST(Decode, OptionKindsBelongToEveryGroup) {
  k8s::meta::v1::DeleteOptions options;
  EXPECT_OK(DecodeJsonInto(R"({"kind":"DeleteOptions","apiVersion":"apps/v1","gracePeriodSeconds":0})", &options));
  EXPECT_TRUE(options.has_graceperiodseconds());
}

TEST(Decode, BoundsDepth) {
  EXPECT_THAT(DecodeJson(std::string(2000, '[') + std::string(2000, ']')).status(),
              base::StatusIs(absl::StatusCode::kInvalidArgument, "nested deeper than 1000 levels"));
  std::string schema = "{}";
  for (int i = 0; i < 100; ++i) schema = R"({"properties":{"a":)" + schema + "}}";
  const std::string definition = R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","spec":{)"
                                 R"("versions":[{"schema":{"openAPIV3Schema":)" +
                                 schema + "}}]}}";
  EXPECT_THAT(DecodeJson(definition).status(),
              base::StatusIs(absl::StatusCode::kInvalidArgument, "the value is nested too deeply"));
}

}  // namespace
}  // namespace kubelite::api
