#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/api/patch.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::api {
namespace {

using base::IsOkAndHolds;

struct Row {
  const char* document;
  const char* patch;
  const char* result;
};

TEST(JsonPatch, Operations) {
  const std::vector<Row> rows = {
      {R"({"a":1})", R"([{"op":"add","path":"/b","value":[2]}])", R"({"a":1,"b":[2]})"},
      {R"({"a":[1,3]})", R"([{"op":"add","path":"/a/1","value":2},{"op":"add","path":"/a/-","value":4}])",
       R"({"a":[1,2,3,4]})"},
      {R"({"a/b":1,"c~d":2})", R"([{"op":"remove","path":"/a~1b"},{"op":"replace","path":"/c~0d","value":3}])",
       R"({"c~d":3})"},
      {R"({"a":{"b":1},"c":{}})", R"([{"op":"move","from":"/a/b","path":"/c/d"}])", R"({"a":{},"c":{"d":1}})"},
      {R"({"a":[1]})", R"([{"op":"copy","from":"/a","path":"/b"},{"op":"test","path":"/b","value":[1]}])",
       R"({"a":[1],"b":[1]})"},
      {R"({"a":1})", R"([{"op":"replace","path":"","value":{"b":2}}])", R"({"b":2})"},
  };
  for (const Row& row : rows) EXPECT_THAT(ApplyJsonPatch(row.document, row.patch), IsOkAndHolds(row.result));
}

TEST(JsonPatch, Refusals) {
  for (const char* patch :
       {R"([{"op":"x","path":"/a"}])", R"([{"op":"remove","path":"/b"}])", R"([{"op":"add","path":"/a/0","value":1}])",
        R"([{"op":"add","path":"/b"}])", R"([{"op":"test","path":"/a","value":2}])",
        R"([{"op":"replace","path":"a","value":1}])", R"([{"op":"replace","path":"/l/1","value":1}])",
        R"([{"op":"replace","path":"/l/00","value":1}])"}) {
    EXPECT_TRUE(absl::IsFailedPrecondition(ApplyJsonPatch(R"({"a":1,"l":[0]})", patch).status())) << patch;
  }
  EXPECT_TRUE(absl::IsInvalidArgument(ApplyJsonPatch(R"({"a":1})", "{}").status()));
}

}  // namespace
}  // namespace kubelite::api
