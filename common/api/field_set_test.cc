#include "common/api/field_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/testing/status_matchers.h"

namespace kubelite::api {
namespace {

using ::testing::ElementsAre;

FieldSet Set(absl::string_view text) {
  absl::StatusOr<FieldSet> set = FieldSet::Parse(text);
  EXPECT_OK(set.status()) << text;
  return set.value_or(FieldSet());
}

TEST(FieldSet, ReadsAndWritesFieldsV1) {
  for (const char* text : {
           R"({})",
           R"({"f:a":{}})",
           R"({"f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:spec":{"f:replicas":{}}})",
           R"({"f:c":{"k:{\"name\":\"a\"}":{".":{},"f:image":{}}},"f:f":{"v:\"x\"":{},"v:\"y\"":{}}})",
           R"({"i:0":{},"i:10":{}})",
       }) {
    EXPECT_EQ(Set(text).ToFieldsV1(), text);
  }
}

TEST(FieldSet, SortsAsUpstream) {
  // Fields, keys, values, indexes; numbers by size; a shorter text first.
  EXPECT_EQ(Set(R"({"v:2":{},"v:10":{},"f:b":{},"k:{\"p\":443}":{},"f:a":{},"k:{\"p\":80}":{},"i:1":{}})").ToFieldsV1(),
            R"({"f:a":{},"f:b":{},"k:{\"p\":80}":{},"k:{\"p\":443}":{},"v:2":{},"v:10":{},"i:1":{}})");
  EXPECT_EQ(Set(R"({"k:{\"n\":\"a b\"}":{},"k:{\"n\":\"a\"}":{}})").ToFieldsV1(),
            R"({"k:{\"n\":\"a\"}":{},"k:{\"n\":\"a b\"}":{}})");
}

TEST(FieldSet, MakesForeignKeysCompact) {
  EXPECT_EQ(Set(R"({"k:{ \"name\" : \"a\" }":{}})").ToFieldsV1(), R"({"k:{\"name\":\"a\"}":{}})");
}

TEST(FieldSet, ManyKeysInAnyOrderTakeNoTime) {
  // What a hostile client sends: with an insertion for each key this would take minutes.
  std::string text = "{";
  for (int i = 200000; i > 0; --i) text += (text.size() > 1 ? ",\"f:" : "\"f:") + std::to_string(i) + "\":{}";
  EXPECT_EQ(Set(text + "}").nodes().size(), 200000u);
}

TEST(FieldSet, RefusesOtherText) {
  for (const char* text : {"", "[]", R"({"f:a":1})", R"({"a":{}})", R"({"x:a":{}})", R"({"k:1":{}})", R"({"k:{":{}})",
                           R"({"v:{}x":{}})", R"({"i:x":{}})"}) {
    EXPECT_FALSE(FieldSet::Parse(text).ok()) << text;
  }
}

struct AlgebraRow {
  const char* a;
  const char* b;
  const char* united;
  const char* common;
  const char* difference;
};

TEST(FieldSet, Algebra) {
  const std::vector<AlgebraRow> rows = {
      {R"({})", R"({"f:a":{}})", R"({"f:a":{}})", R"({})", R"({})"},
      {R"({"f:a":{},"f:b":{}})", R"({"f:b":{},"f:c":{}})", R"({"f:a":{},"f:b":{},"f:c":{}})", R"({"f:b":{}})",
       R"({"f:a":{}})"},
      // A container that is a member, and one that is not.
      {R"({"f:a":{".":{},"f:x":{}}})", R"({"f:a":{"f:x":{},"f:y":{}}})", R"({"f:a":{".":{},"f:x":{},"f:y":{}}})",
       R"({"f:a":{"f:x":{}}})", R"({"f:a":{}})"},
      // What is below a member that goes stays.
      {R"({"f:a":{".":{},"f:x":{}}})", R"({"f:a":{}})", R"({"f:a":{".":{},"f:x":{}}})", R"({"f:a":{}})",
       R"({"f:a":{"f:x":{}}})"},
      {R"({"f:l":{"k:{\"n\":1}":{".":{}}}})", R"({"f:l":{"k:{\"n\":2}":{}}})",
       R"({"f:l":{"k:{\"n\":1}":{},"k:{\"n\":2}":{}}})", R"({})", R"({"f:l":{"k:{\"n\":1}":{}}})"},
  };
  for (const AlgebraRow& row : rows) {
    const FieldSet a = Set(row.a);
    const FieldSet b = Set(row.b);
    EXPECT_EQ(a.Union(b).ToFieldsV1(), row.united);
    EXPECT_EQ(b.Union(a), a.Union(b));
    EXPECT_EQ(a.Intersection(b).ToFieldsV1(), row.common) << row.a;
    EXPECT_EQ(b.Intersection(a), a.Intersection(b));
    EXPECT_EQ(a.Difference(b).ToFieldsV1(), row.difference) << row.a;
    EXPECT_EQ(a.Intersects(b), !a.Intersection(b).empty());
    EXPECT_TRUE(a.Union(b).Contains(a));
    EXPECT_EQ(a.Contains(b), b.Difference(a).empty()) << row.a;
  }
}

TEST(FieldSet, PathsAreUpstreamsTexts) {
  EXPECT_THAT(Set(R"({"f:spec":{"f:containers":{"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:image":{}}},
                     "f:finalizers":{"v:\"x\"":{}},"f:l":{"i:3":{}}}})")
                  .Paths(),
              ElementsAre(R"(.spec.containers[containerPort=80,protocol="TCP"])",
                          R"(.spec.containers[containerPort=80,protocol="TCP"].image)", R"(.spec.finalizers[="x"])",
                          ".spec.l[3]"));
}

}  // namespace
}  // namespace kubelite::api
