#include "common/api/jsonpath.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::api {
namespace {

constexpr char kList[] = R"({
  "kind": "List", "apiVersion": "v1",
  "items": [
    {"kind": "Pod", "metadata": {"name": "a", "labels": {"app": "web", "app.kubernetes.io/name": "n"}},
     "spec": {"nodeName": "n1", "containers": [{"name": "c1", "image": "i1"}, {"name": "c2", "image": "i2"}]},
     "status": {"phase": "Running", "restarts": 3, "ready": true, "load": 0.5}},
    {"kind": "Pod", "metadata": {"name": "b"},
     "spec": {"containers": [{"name": "c3", "image": "i3", "ports": [80, 443]}]},
     "status": {"phase": "Pending", "restarts": 0, "ready": false, "message": "<none> & \"more\"", "gone": null}}],
  "empty": []
})";

// What the template gives for the list, or the error.
std::string Print(const std::string& text) {
  const absl::StatusOr<JsonPathTemplate> parsed = JsonPathTemplate::Parse(text);
  if (!parsed.ok()) return absl::StrCat("parsing: ", parsed.status().message());
  const absl::StatusOr<std::string> printed = parsed->Print(kList);
  return printed.ok() ? *printed : absl::StrCat("running: ", printed.status().message());
}

struct Case {
  const char* text;
  const char* printed;
};

void ExpectAll(const std::vector<Case>& cases) {
  for (const Case& c : cases) EXPECT_EQ(Print(c.text), c.printed) << c.text;
}

TEST(JsonPathTest, FieldsAndText) {
  ExpectAll({{"{.kind}", "List"},
             {"{$.kind}/{@.kind}", "List/List"},
             {"kind: {.kind}!", "kind: List!"},
             {"{['kind']}", "List"},
             {"{.items[0]['metadata']['name']}", "a"},
             {"{ .kind }", "List"},
             {"no action", "no action"},
             {"", ""},
             {"a}b", "a}b"},
             {"{.missing}", ""},
             {"{.missing.deeper[0]}", ""},
             {"{.items.name}", ""}});
}

TEST(JsonPathTest, TheWholeDocumentHasSortedKeys) {
  EXPECT_EQ(Print("{}").substr(0, 41), R"({"apiVersion":"v1","empty":[],"items":[{")");
  EXPECT_EQ(Print("{@}"), Print("{}"));
}

TEST(JsonPathTest, KeysWithDots) {
  ExpectAll({{R"({.items[0].metadata.labels.app\.kubernetes\.io/name})", "n"},
             {R"({.items[0].metadata.labels['app\.kubernetes\.io/name']})", "n"},
             {R"({.items[0].metadata.labels['app.kubernetes.io/name']})", "n"},
             {R"({.items[0].metadata.labels["app.kubernetes.io/name"]})", "n"}});
}

TEST(JsonPathTest, Indexes) {
  ExpectAll({{"{.items[0].metadata.name}", "a"},
             {"{.items[-1].metadata.name}", "b"},
             {"{.items[*].metadata.name}", "a b"},
             {"{.items[:].metadata.name}", "a b"},
             {"{.items[0:1].metadata.name}", "a"},
             {"{.items[1:].metadata.name}", "b"},
             {"{.items[0:2:2].metadata.name}", "a"},
             {"{.items[0:0].metadata.name}", ""},
             {"{.items[:-1].metadata.name}", "a"},
             {"{.items[0,1].metadata.name}", "a b"},
             {"{.items[1, 0].metadata.name}", "b a"},
             {"{.items[0]['kind', 'missing'],x}", "parsing: unrecognized character in action: ',' at position 30"},
             {"{['kind','apiVersion']}", "List v1"},
             {"{.empty[*]}", ""},
             {"{.items[*].spec.containers[*].image}", "i1 i2 i3"}});
}

TEST(JsonPathTest, WildcardsAndDescent) {
  ExpectAll({{"{..image}", "i1 i2 i3"},
             {"{.items[1]..name}", "b c3"},
             {"{.items[0].metadata.labels.*}", "web n"},
             {"{.items[*].status.phase}", "Running Pending"},
             {"{..ports[1]}", "443"},
             {"{..missing}", ""}});
}

TEST(JsonPathTest, Values) {
  ExpectAll(
      {{"{.items[0].status.restarts}", "3"},
       {"{.items[0].status.load}", "0.5"},
       {"{.items[*].status.ready}", "true false"},
       {"{.items[1].status.gone}", "<nil>"},
       {"{.items[1].spec.containers[0].ports}", "[80,443]"},
       {"{.items[0].metadata.labels}", R"({"app":"web","app.kubernetes.io/name":"n"})"},
       {"{.items[1].status.message}", "<none> & \"more\""},
       {"{.items[1].status}",
        R"({"gone":null,"message":"\u003cnone\u003e \u0026 \"more\"","phase":"Pending","ready":false,"restarts":0})"},
       {R"({"a\tb\n"})", "a\tb\n"},
       {R"({'it\'s'})", "it's"},
       {"{3}{true}{-1.5}", "3true-1.5"}});
}

TEST(JsonPathTest, Filters) {
  ExpectAll({{R"({.items[?(@.status.phase=="Running")].metadata.name})", "a"},
             {"{.items[?(@.status.phase=='Pending')].metadata.name}", "b"},
             {R"({.items[?(@.status.phase!="Running")].metadata.name})", "b"},
             {"{.items[?(@.status.restarts > 2)].metadata.name}", "a"},
             {"{.items[?(@.status.restarts<=0)].metadata.name}", "b"},
             {"{.items[?(@.status.load<0.75)].metadata.name}", "a"},
             {"{.items[?(@.status.ready==true)].metadata.name}", "a"},
             {"{.items[?(@.spec.nodeName)].metadata.name}", "a"},
             {"{.items[?(@.metadata.name==\"a)]}\")].kind}", ""},
             {R"({.items[?(@.metadata.labels['app']=="web")].metadata.name})", "a"},
             {R"({.items[*].spec.containers[?(@.name=="c2")].image})", "i2"},
             {R"({.items[?(@.spec.containers[?(@.name=="c3")])].metadata.name})", "b"},
             {"{.items[?(@.missing==1)].metadata.name}", ""}});
}

TEST(JsonPathTest, Ranges) {
  ExpectAll({{R"({range .items[*]}{.metadata.name}{"\t"}{.status.phase}{"\n"}{end})", "a\tRunning\nb\tPending\n"},
             {"{range .items[*]}[{.metadata.name}]{end}{.kind}", "[a][b]List"},
             {"{range .items[*]}{.metadata.name}:{range .spec.containers[*]} {.name}{end};{end}", "a: c1 c2;b: c3;"},
             {"{range .items[*]}{.metadata.name} ", "a b "},
             {"{range .empty[*]}{.kind}{end}.", "."},
             {R"({range .items[?(@.status.phase=="Pending")]}{.metadata.name}{end})", "b"},
             {"{range .items[*].spec.containers[*]}{@.image},{end}", "i1,i2,i3,"}});
}

TEST(JsonPathTest, WhatCannotBeReadIsNamedWithItsPosition) {
  ExpectAll({{"{.items[0}", "parsing: unterminated array at position 8"},
             {"ab{.items", "parsing: unclosed action at position 3"},
             {"{.a\n}", "parsing: unclosed action at position 1"},
             {"{.items[x]}", "parsing: invalid array index x at position 8"},
             {"{.items[]}", "parsing: invalid array index  at position 8"},
             {"{.items[1:2:3:4]}", "parsing: invalid array index 1:2:3:4 at position 8"},
             {"{.items[?(@.a==)]}", "parsing: a filter has nothing to compare with at position 16"},
             {"{.items[?(@.a=1)]}", "parsing: unrecognized filter operator = at position 14"},
             {"{.items[?(@.a=~'x')]}", "parsing: unrecognized filter operator =~ at position 14"},
             {"{.items[?(@.a]}", "parsing: unterminated filter at position 8"},
             {"{end}", "parsing: not in range, nothing to end at position 1"},
             {"{.a}{foo}", "parsing: unrecognized identifier foo at position 6"},
             {"{....a}", "parsing: invalid multiple recursive descent at position 4"},
             {"{.a%}{&}", "parsing: unrecognized character in action: '&' at position 7"},
             {R"({"\q"})", "parsing: a quoted string has an invalid escape at position 2"},
             {"{\"a}", "parsing: unclosed action at position 1"},
             {"{1.2.3}", "parsing: cannot parse number 1.2.3 at position 2"}});
}

TEST(JsonPathTest, WhatCannotBeDoneIsNamedWithItsPosition) {
  ExpectAll({{"{.items[2].kind}", "running: array index out of bounds: index 2, length 2 at position 8"},
             {"{.items[-3].kind}", "running: array index out of bounds: index -1, length 2 at position 8"},
             {"{.items[0:3].kind}", "running: array index out of bounds: index 2, length 2 at position 8"},
             {"{.empty[0]}", "running: array index out of bounds: index 0, length 0 at position 8"},
             {"{.items[0:2:0]}", "running: step must be > 0 at position 8"},
             {"{.kind[0]}", "running: string \"List\" is not an array at position 7"},
             {"{.kind[?(@.a)]}", "running: string \"List\" is not an array and cannot be filtered at position 7"},
             {"{.items[?(@.kind>1)]}", "running: incompatible types for comparison at position 8"},
             {"{.items[?(@.metadata==1)]}", "running: invalid type for comparison at position 8"},
             {"{.items[?(@.status.ready<true)]}", "running: invalid type for comparison at position 8"},
             {"{.items[?(@..name=='c1')]}", "running: can only compare one element at a time at position 8"}});
}

TEST(JsonPathTest, HostileTemplatesEnd) {
  std::string nested;
  for (int i = 0; i < 10'000; ++i) nested += "[?(@";
  EXPECT_EQ(Print(absl::StrCat("{", nested, "}")).substr(0, 9), "parsing: ");
  for (int i = 0; i < 10'000; ++i) nested += ")]";
  EXPECT_EQ(Print(absl::StrCat("{", nested, "}")).substr(0, 52),
            "parsing: filters and unions are nested too deep at p");
}

TEST(JsonPathTest, PathsMayLeaveOutBracesAndTheFirstDot) {
  for (const char* path : {"metadata.name", ".metadata.name", "{metadata.name}", "{.metadata.name}"}) {
    ASSERT_OK_AND_ASSIGN(const JsonPathTemplate parsed, JsonPathTemplate::ParsePath(path));
    ASSERT_OK_AND_ASSIGN(const auto values, parsed.Values(R"({"metadata":{"name":"x"}})"));
    EXPECT_EQ(values, std::vector<std::string>{"x"}) << path;
  }
  for (const char* path : {"", ".", "{}", "{.a", ".a}", "{.a}{.b}"}) {
    EXPECT_THAT(JsonPathTemplate::ParsePath(path),
                base::StatusIs(absl::StatusCode::kInvalidArgument, "unexpected path string, expected a 'name1.name2'"));
  }
}

TEST(JsonPathTest, ValuesAreShownAsGoDoes) {
  const auto values = [](const char* path) {
    return JsonPathTemplate::ParsePath(path)->Values(kList).value_or(std::vector<std::string>{"error"});
  };
  EXPECT_EQ(values("items[*].metadata.name"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(values("items[0].metadata.labels"), (std::vector<std::string>{"map[app:web app.kubernetes.io/name:n]"}));
  EXPECT_EQ(values("items[1].spec.containers[0].ports"), (std::vector<std::string>{"[80 443]"}));
  EXPECT_TRUE(values("items[*].missing").empty());
}

TEST(JsonPathTest, TheDocumentMustBeJson) {
  EXPECT_EQ(JsonPathTemplate::Parse("{.a}")->Print("{").status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace kubelite::api
