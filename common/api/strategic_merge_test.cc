#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/api/patch.h"
#include "common/base/testing/status_matchers.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::api {
namespace {

using base::IsOkAndHolds;

absl::StatusOr<std::string> Patch(const char* document, const char* patch) {
  return ApplyStrategicMergePatch(document, patch, k8s::core::v1::PodSpec::descriptor());
}

struct Row {
  const char* document;
  const char* patch;
  const char* result;
};

TEST(StrategicMergePatch, Merges) {
  const std::vector<Row> rows = {
      // By key, and replaced where the schema has none.
      {R"({"containers":[{"name":"a","image":"1"},{"name":"b"}]})",
       R"({"containers":[{"name":"a","image":"2","args":["x"]},{"name":"c"}]})",
       R"({"containers":[{"name":"a","image":"2","args":["x"]},{"name":"b"},{"name":"c"}]})"},
      {R"({"containers":[{"name":"a","args":["x"]}]})", R"({"containers":[{"name":"a","args":["y"]}]})",
       R"({"containers":[{"name":"a","args":["y"]}]})"},
      {R"({"nodeName":"n","nodeSelector":{"a":"b","c":"d"}})", R"({"nodeName":null,"nodeSelector":{"a":null,"e":"f"}})",
       R"({"nodeSelector":{"c":"d","e":"f"}})"},
      // Directives.
      {R"({"containers":[{"name":"a"},{"name":"b"}]})", R"({"containers":[{"name":"a","$patch":"delete"}]})",
       R"({"containers":[{"name":"b"}]})"},
      {R"({"containers":[{"name":"a"},{"name":"b"}]})", R"({"containers":[{"$patch":"replace"},{"name":"c"}]})",
       R"({"containers":[{"name":"c"}]})"},
      {R"({"nodeSelector":{"a":"b"}})", R"({"nodeSelector":{"$patch":"replace","c":"d"}})",
       R"({"nodeSelector":{"c":"d"}})"},
      {R"({"volumes":[{"name":"v","emptyDir":{}}]})",
       R"({"volumes":[{"name":"v","$retainKeys":["name","hostPath"],"hostPath":{"path":"/"}}]})",
       R"({"volumes":[{"name":"v","hostPath":{"path":"/"}}]})"},
      {R"({"containers":[{"name":"a"},{"name":"b"}]})",
       R"({"$setElementOrder/containers":[{"name":"c"},{"name":"b"},{"name":"a"}],"containers":[{"name":"c"}]})",
       R"({"containers":[{"name":"c"},{"name":"b"},{"name":"a"}]})"},
      {R"({"x":["a","b"]})", R"({"$deleteFromPrimitiveList/x":["a"]})", R"({"x":["b"]})"},
      // Nulls in what is new mean nothing.
      {R"({})", R"({"containers":[{"name":"a","image":null}]})", R"({"containers":[{"name":"a"}]})"},
  };
  for (const Row& row : rows) EXPECT_THAT(Patch(row.document, row.patch), IsOkAndHolds(row.result)) << row.patch;
}

TEST(StrategicMergePatch, Refusals) {
  for (const char* patch : {"[]", R"({"$patch":"x"})", R"({"containers":[{"image":"1"}]})"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Patch(R"({"containers":[{"name":"a"}]})", patch).status())) << patch;
  }
}

}  // namespace
}  // namespace kubelite::api
