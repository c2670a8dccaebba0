#include "common/api/patch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/base/random.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::api {
namespace {

using base::IsOkAndHolds;
using base::StatusIs;

// The examples of RFC 7386, as far as the patch is an object.
TEST(MergePatch, Rfc7386) {
  struct Row {
    const char* document;
    const char* patch;
    const char* result;
  };
  const Row kTable[] = {
      {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
      {R"({"a":"b"})", R"({"a":null})", R"({})"},
      {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
      {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
      {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
      {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
      {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
      {R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
      {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
  };
  for (const Row& row : kTable) EXPECT_THAT(ApplyMergePatch(row.document, row.patch), IsOkAndHolds(row.result));
}

TEST(MergePatch, RefusesBadInput) {
  EXPECT_THAT(ApplyMergePatch("{}", "[]"),
              StatusIs(absl::StatusCode::kInvalidArgument, "the merge patch must be a JSON object, got array"));
  EXPECT_THAT(ApplyMergePatch("{", "{}"),
              StatusIs(absl::StatusCode::kInvalidArgument, "reading the document: JSON: line 1"));
  EXPECT_THAT(CreateMergePatch("[]", "{}"), StatusIs(absl::StatusCode::kInvalidArgument, "must be a JSON object"));
}

TEST(MergePatch, Difference) {
  EXPECT_THAT(CreateMergePatch(R"({"a":1,"b":{"c":2,"d":[1]}})", R"({"b":{"d":[1],"c":2},"a":1})"), IsOkAndHolds("{}"));
  EXPECT_THAT(CreateMergePatch(R"({"a":1,"b":{"c":2}})", R"({"b":{"c":3,"e":{}}})"),
              IsOkAndHolds(R"({"b":{"c":3,"e":{}},"a":null})"));
  EXPECT_THAT(CreateMergePatch(R"({"a":1})", R"({"a":1.0})"), IsOkAndHolds("{}"));
  EXPECT_THAT(CreateMergePatch(R"({"a":{"b":1}})", R"({"a":[]})"), IsOkAndHolds(R"({"a":[]})"));
}

std::string RandomValue(base::Random* random, int depth) {
  switch (random->Uniform(depth > 3 ? 3 : 5)) {
    case 0:
      return absl::StrCat(random->Uniform(3));
    case 1:
      return absl::StrCat("\"", random->Uniform(3), "\"");
    case 2:
      return absl::StrCat("[", random->Uniform(3), "]");
    default: {
      std::string object;
      for (int key = 0; key < 4; ++key) {
        if (random->Uniform(2) == 0) continue;
        absl::StrAppend(&object, object.empty() ? "" : ",", "\"k", key, "\":", RandomValue(random, depth + 1));
      }
      return absl::StrCat("{", object, "}");
    }
  }
}

TEST(MergePatch, ApplyingTheDifferenceGivesTheOther) {
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    base::Random random(seed);
    const std::string a = absl::StrCat("{\"x\":", RandomValue(&random, 0), "}");
    const std::string b = absl::StrCat("{\"x\":", RandomValue(&random, 0), "}");
    ASSERT_OK_AND_ASSIGN(const std::string patch, CreateMergePatch(a, b));
    ASSERT_OK_AND_ASSIGN(const std::string patched, ApplyMergePatch(a, patch));
    // Members may be in another order, so equality is an empty difference.
    ASSERT_THAT(CreateMergePatch(patched, b), IsOkAndHolds("{}")) << "seed " << seed << ": " << a << " -> " << b;
    ASSERT_THAT(CreateMergePatch(b, patched), IsOkAndHolds("{}")) << "seed " << seed;
  }
}

TEST(ThreeWayPatch, DeletesOnlyWhatWasApplied) {
  const char* original = R"({"spec":{"replicas":3,"paused":true,"gone":1}})";
  const char* modified = R"({"spec":{"replicas":5}})";
  const char* current = R"({"spec":{"replicas":3,"paused":true,"defaulted":"x"},"status":{}})";
  EXPECT_THAT(CreateThreeWayMergePatch(original, modified, current),
              IsOkAndHolds(R"({"spec":{"replicas":5,"paused":null}})"));
  EXPECT_THAT(CreateThreeWayMergePatch("", modified, current), IsOkAndHolds(R"({"spec":{"replicas":5}})"));
}

TEST(ThreeWayPatch, NothingToDo) {
  const char* config = R"({"spec":{"replicas":3,"list":[{"a":1}]},"metadata":{"creationTimestamp":null}})";
  const char* current = R"({"spec":{"replicas":3,"list":[{"a":1}],"more":{}},"metadata":{"uid":"u"}})";
  EXPECT_THAT(CreateThreeWayMergePatch(config, config, current), IsOkAndHolds("{}"));
}

}  // namespace
}  // namespace kubelite::api
