#include "common/api/selectors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/testing/status_matchers.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::api {
namespace {

using base::StatusIs;

LabelMap Labels(std::initializer_list<std::pair<const char*, const char*>> pairs) {
  LabelMap labels;
  for (const auto& [key, value] : pairs) labels[key] = value;
  return labels;
}

TEST(LabelSelector, Matches) {
  struct Row {
    const char* selector;
    bool matches;
  };
  const LabelMap labels = Labels({{"a", "b"}, {"n", "5"}, {"empty", ""}});
  const Row kTable[] = {
      {"", true},
      {"a=b", true},
      {"a==b", true},
      {"a=c", false},
      {"a!=b", false},
      {"a!=c", true},
      {"x!=c", true},
      {"a", true},
      {"x", false},
      {"!a", false},
      {"!x", true},
      {"a in (b,c)", true},
      {"a in (c)", false},
      {"x in (b)", false},
      {"a notin (b)", false},
      {"a notin (c)", true},
      {"x notin (c)", true},
      {"n>4", true},
      {"n>5", false},
      {"n<6", true},
      {"a>1", false},
      {"x<1", false},
      {"a=b,n=5", true},
      {"a=b,n=6", false},
      {" a = b , ! x ", true},
      {"empty=", true},
      {"empty", true},
      {"a in (,b)", true},
      {"empty in (,b)", true},
      {"a in (b),n", true},
  };
  for (const Row& row : kTable) {
    ASSERT_OK_AND_ASSIGN(const LabelSelector selector, LabelSelector::Parse(row.selector));
    EXPECT_EQ(selector.Matches(labels), row.matches) << row.selector;
    ASSERT_OK_AND_ASSIGN(const LabelSelector again, LabelSelector::Parse(selector.ToString()));
    EXPECT_EQ(again.ToString(), selector.ToString());
    EXPECT_EQ(again.Matches(labels), row.matches);
  }
}

TEST(LabelSelector, Text) {
  ASSERT_OK_AND_ASSIGN(const LabelSelector selector,
                       LabelSelector::Parse("h>3,e in (y,x),!g,f,c!=d,a=b,i notin (z,z,w)"));
  EXPECT_EQ(selector.ToString(), "a=b,c!=d,e in (x,y),f,!g,h>3,i notin (w,z)");
}

TEST(LabelSelector, Errors) {
  struct Row {
    const char* selector;
    const char* message;
  };
  const Row kTable[] = {
      {",", "found ',', expected: !, identifier, or 'end of string'"},
      {"a,", "found '', expected: identifier after ','"},
      {"a=b c", "found 'c', expected: ',' or 'end of string'"},
      {"a in b", "unable to parse requirement: found 'b' expected: '('"},
      {"a in (b", "unable to parse requirement: found '', expected: ',' or ')'"},
      {"a in ()", "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty"},
      {"a (b)", "unable to parse requirement: found '(', expected: in, notin, =, ==, !=, gt, lt"},
      {"!", "unable to parse requirement: found '', expected: identifier"},
      {"!a=b", "unable to parse requirement: found '=', expected: ',' or 'end of string'"},
      {"-a=b", "unable to parse requirement: key: Invalid value: \"-a\": name part must consist of"},
      {"a=-b", "values[0][a]: Invalid value: \"-b\": a valid label must be"},
      {"a>x", "for 'Gt', 'Lt' operators, the value must be an integer"},
  };
  for (const Row& row : kTable) {
    EXPECT_THAT(LabelSelector::Parse(row.selector).status(), StatusIs(absl::StatusCode::kInvalidArgument, row.message));
  }
}

TEST(LabelSelector, FromMessage) {
  k8s::meta::v1::LabelSelector message;
  ASSERT_OK_AND_ASSIGN(const LabelSelector everything, LabelSelector::From(message));
  EXPECT_TRUE(everything.empty());
  EXPECT_TRUE(everything.Matches({}));
  (*message.mutable_matchlabels())["a"] = "b";
  auto* expression = message.add_matchexpressions();
  expression->set_key("c");
  expression->set_operator_("NotIn");
  expression->add_values("d");
  ASSERT_OK_AND_ASSIGN(const LabelSelector selector, LabelSelector::From(message));
  EXPECT_EQ(selector.ToString(), "a=b,c!=d");
  expression->set_operator_("Near");
  EXPECT_THAT(LabelSelector::From(message).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, "\"Near\" is not a valid label selector operator"));
  expression->set_operator_("Exists");
  EXPECT_THAT(LabelSelector::From(message).status(), StatusIs(absl::StatusCode::kInvalidArgument, "must be empty"));
}

TEST(LabelSelector, FromMap) {
  const LabelSelector selector = LabelSelector::FromMap(Labels({{"b", "2"}, {"a", "1"}}));
  EXPECT_EQ(selector.ToString(), "a=1,b=2");
  EXPECT_TRUE(selector.Matches(Labels({{"b", "2"}, {"a", "1"}, {"c", "3"}})));
  EXPECT_FALSE(selector.Matches(Labels({{"b", "2"}})));
}

TEST(FieldSelector, ParsesAndMatches) {
  ASSERT_OK_AND_ASSIGN(const FieldSelector selector,
                       FieldSelector::Parse("metadata.name=a,status.phase!=Running,spec.x==y\\,z\\=,"));
  ASSERT_EQ(selector.requirements().size(), 3U);
  EXPECT_EQ(selector.requirements()[2].value, "y,z=");
  std::map<std::string, std::string> values = {{"metadata.name", "a"}, {"status.phase", "Failed"}, {"spec.x", "y,z="}};
  const auto value_of = [&](const std::string& field) { return values[field]; };
  EXPECT_TRUE(selector.Matches(value_of));
  values["status.phase"] = "Running";
  EXPECT_FALSE(selector.Matches(value_of));
  ASSERT_OK_AND_ASSIGN(const FieldSelector empty, FieldSelector::Parse(""));
  EXPECT_TRUE(empty.empty());
  for (const char* text : {"a", "=b", "a=b=c", "a=\\x", "a=b,c"}) {
    EXPECT_THAT(FieldSelector::Parse(text).status(),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         "invalid selector: '" + std::string(text) + "'; can't understand"));
  }
}

}  // namespace
}  // namespace kubelite::api
