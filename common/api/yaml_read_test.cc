#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/api/yaml.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::api {
namespace {

using base::StatusIs;

std::string ToJson(absl::string_view yaml) {
  const absl::StatusOr<std::vector<ManifestDocument>> documents = ReadManifest(yaml, "t.yaml");
  if (!documents.ok()) return std::string(documents.status().message());
  std::string all;
  for (const ManifestDocument& document : *documents) all += (all.empty() ? "" : "\n") + document.json;
  return all;
}

TEST(ReadManifest, Scalars) {
  struct Row {
    const char* yaml;
    const char* json;
  };
  const Row kTable[] = {
      {"text", "\"text\""},
      {"3", "3"},
      {"-3", "-3"},
      {"+3", "3"},
      {"0644", "420"},
      {"0o17", "15"},
      {"0x1F", "31"},
      {"0b101", "5"},
      {"1_000", "1000"},
      {"089", "89"},
      {"18446744073709551615", "18446744073709551615"},
      {"1.5", "1.5"},
      {"3.0", "3"},
      {".5", "0.5"},
      {"1e3", "1000"},
      {"1e", "\"1e\""},
      {"1.2.3", "\"1.2.3\""},
      {"12:30", "\"12:30\""},
      {"2020-01-02", "\"2020-01-02\""},
      {"2020-01-02T03:04:05Z", "\"2020-01-02T03:04:05Z\""},
      {"true", "true"},
      {"True", "true"},
      {"tRUE", "\"tRUE\""},
      {"yes", "true"},
      {"No", "false"},
      {"on", "true"},
      {"OFF", "false"},
      {"y", "true"},
      {"n", "false"},
      {"null", "null"},
      {"~", "null"},
      {"", "null"},
      {"'yes'", "\"yes\""},
      {"\"3\"", "\"3\""},
      {"''", "\"\""},
      {"!!str 3", "\"3\""},
      {"!!str yes", "\"yes\""},
      {"!!int \"3\"", "3"},
      {"!!binary aGk=", "\"hi\""},
      {"500m", "\"500m\""},
      {"\n-", "[null]"},
      {"=", "\"=\""},
      {"\"\\u00e9\\n\"", "\"é\\n\""},
      {"[a, 1, {b: yes}]", "[\"a\",1,{\"b\":true}]"},
      {"{}", "{}"},
      {"|\n  a\n   b\n", "\"a\\n b\\n\""},
      {"|\n  a\n\n\n", "\"a\\n\""},
      {"|+\n  a\n\n", "\"a\\n\\n\""},
      {"|-\n  a\n\n", "\"a\""},
      {">-\n  a\n  b\n", "\"a b\""},
  };
  for (const Row& row : kTable)
    EXPECT_EQ(ToJson(std::string("k: ") + row.yaml), std::string("{\"k\":") + row.json + "}");
}

TEST(ReadManifest, KeysBecomeText) {
  EXPECT_EQ(ToJson("1: a\ntrue: b\n'2': c\n1.5: d\nyes: e2\n").substr(0, 20), "t.yaml: line 5: key ");
  EXPECT_EQ(ToJson("1: a\ntrue: b\n'2': c\n1.5: d\n"), R"({"1":"a","true":"b","2":"c","1.5":"d"})");
}

TEST(ReadManifest, Documents) {
  const char* text =
      "# only a comment\n---\n\n--- # second\na: 1\n---\nb: 2\n...\n---\n{\"c\": 3}\n{\"d\":\"}\\\"{\"}\n---\nnull\n";
  ASSERT_OK_AND_ASSIGN(const auto documents, ReadManifest(text, "t.yaml"));
  ASSERT_EQ(documents.size(), 4U);
  EXPECT_EQ(documents[0].json, R"({"a":1})");
  EXPECT_EQ(documents[0].line, 5);
  EXPECT_EQ(documents[1].json, R"({"b":2})");
  EXPECT_EQ(documents[1].line, 7);
  EXPECT_EQ(documents[2].json, R"({"c": 3})");
  EXPECT_EQ(documents[2].line, 10);
  EXPECT_EQ(documents[3].json, R"({"d":"}\"{"})");
  EXPECT_EQ(documents[3].line, 11);
  EXPECT_EQ(ToJson(""), "");
  EXPECT_EQ(ToJson("\xEF\xBB\xBF"
                   "a: 1\r\nb: x\r\n"),
            R"({"a":1,"b":"x"})");
}

TEST(ReadManifest, Lists) {
  EXPECT_EQ(
      ToJson("apiVersion: v1\nkind: List\nitems:\n- kind: Pod\n- apiVersion: v1\n  kind: List\n  items: [{kind: A}]\n"),
      "{\"kind\":\"Pod\"}\n{\"kind\":\"A\"}");
  EXPECT_EQ(ToJson("apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: p}\n- {}\n"),
            "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"}}\n{\"apiVersion\":\"v1\",\"kind\":"
            "\"Pod\"}");
  EXPECT_EQ(ToJson("kind: List\nitems: null\n"), "");
  EXPECT_EQ(ToJson("kind: List\nitems: [1]\n"), "t.yaml: line 1: field \"items[0]\": expected object, got integer 1");
  EXPECT_EQ(ToJson("kind: AllowList\nspec: {}\n"), R"({"kind":"AllowList","spec":{}})");
}

TEST(ReadManifest, AnchorsAndMerges) {
  EXPECT_EQ(ToJson("a: &x {p: 1}\nb: *x\n"), R"({"a":{"p":1},"b":{"p":1}})");
  EXPECT_EQ(ToJson("a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3\n"), R"({"a":{"p":1,"q":2},"b":{"q":3,"p":1}})");
  EXPECT_EQ(ToJson("a: &x {p: 1}\nb: &y {p: 2, r: 4}\nc:\n  <<: [*x, *y]\n"),
            R"({"a":{"p":1},"b":{"p":2,"r":4},"c":{"p":1,"r":4}})");
}

TEST(ReadManifest, Errors) {
  struct Row {
    const char* yaml;
    const char* message;
  };
  const Row kTable[] = {
      {"a: 1\nb: 2\na: 3\n", "t.yaml: line 3: key \"a\" already set in map at line 1"},
      {"a:\n  x: 1\n  x: 2\n", "t.yaml: line 3: key \"x\" already set in map at line 2"},
      {"---\na: 1\n---\nb: [1, 2\n", "t.yaml: line 5: YAML: "},
      {"a: b: c\n", "t.yaml: line 1: YAML: "},
      {"a: \"b\n", "t.yaml: line 2: YAML: "},
      {"a: \"b\n  ", "t.yaml: line 2: YAML: "},
      {"a: 'b\n\n", "YAML: "},
      {"a: [b\n", "YAML: "},
      {"a: {b\n", "YAML: "},
      {"a:\n\t- b\n", "t.yaml: line 2: YAML: "},
      {"a: *nope\n", "t.yaml: line 1: YAML: "},
      {"a: 1\n]\n", "t.yaml: line 2: YAML: "},
      {"a: 1\n}: 2\n", "t.yaml: line 2: YAML: "},
      {"[]]\n", "t.yaml: line 1: YAML: "},
      {"a: 1\n- b\n", "t.yaml: line 2: YAML: "},
      {"just text\n", "t.yaml: line 1: expected an object"},
      {"- a\n", "t.yaml: line 1: expected an object"},
      {"a: .inf\n", "t.yaml: line 1: the number .inf cannot be represented in JSON"},
      {"? [a]\n: b\n", "t.yaml: line 1: a key must be a scalar"},
      {"~: b\n", "t.yaml: line 1: a key may not be null"},
      {"a:\n  <<: 3\n", "t.yaml: line 2: map merge requires a map or a list of maps"},
      {"---\n{\"a\": 1,}\n", "t.yaml: line 2: JSON: line 1, column 9: "},
      {"a: &x\n  b: *x\n", "t.yaml: line 2: an alias may not refer to a node that contains it"},
  };
  for (const Row& row : kTable) {
    EXPECT_THAT(ReadManifest(row.yaml, "t.yaml").status(), StatusIs(absl::StatusCode::kInvalidArgument, row.message))
        << row.yaml;
  }
}

TEST(ReadManifest, BoundsDepth) {
  std::string deep = "a: ";
  for (int i = 0; i < 150; ++i) deep += "[";
  for (int i = 0; i < 150; ++i) deep += "]";
  EXPECT_THAT(ReadManifest(deep, "t").status(),
              StatusIs(absl::StatusCode::kInvalidArgument, "nested deeper than 100 levels"));
  EXPECT_FALSE(ReadManifest("a: " + std::string(100000, '['), "t").ok());
}

TEST(ReadManifest, BoundsAliases) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string previous = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) bomb += (j > 0 ? ", " : "") + previous;
    bomb += "]\n";
  }
  EXPECT_THAT(ReadManifest(bomb, "t").status(), StatusIs(absl::StatusCode::kInvalidArgument, "too many aliases"));
  std::string merges = "m0: &m0 {k: v}\n";
  for (int i = 1; i < 40; ++i) {
    const std::string previous = "*m" + std::to_string(i - 1);
    merges += "m" + std::to_string(i) + ": &m" + std::to_string(i) + " {<<: [" + previous + ", " + previous + "]}\n";
  }
  EXPECT_FALSE(ReadManifest(merges, "t").ok());
}

}  // namespace
}  // namespace kubelite::api
