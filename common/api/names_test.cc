#include "common/api/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kubelite::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Validator = std::vector<std::string> (*)(absl::string_view);

struct Row {
  Validator validator;
  std::vector<std::string> valid;
  std::vector<std::string> invalid;
};

TEST(Names, Table) {
  const std::string s63(63, 'a');
  const std::string s64(64, 'a');
  const std::vector<Row> table = {
      {ValidateDns1123Label, {"a", "a-b", "0", "1a", s63}, {"", "A", "a.b", "-a", "a-", "a_b", "a b", s64, "é"}},
      {ValidateDns1123Subdomain,
       {"a", "a.b", "a-1.b-2", std::string(253, 'a')},
       {"", ".a", "a.", "a..b", "A.b", "a_b", std::string(254, 'a'), "-a.b"}},
      {ValidateDns1035Label, {"a", "a-b", "a1"}, {"", "1a", "A", "a.b", "a-", s64}},
      {ValidatePathSegmentName, {"a", "A:b", "..."}, {".", "..", "a/b", "a%b"}},
      {ValidateQualifiedName,
       {"a", "a.b", "A_b-c", "example.com/a", "1"},
       {"", "/a", "a/", "a/b/c", "-a", "a-", "UPPER.com/a", "a b", s64, "x/" + s64}},
      {ValidateLabelValue, {"", "a", "A.b_c-d", s63}, {"-a", "a-", "a b", "a/b", s64}},
      {ValidateConfigMapKey,
       {"a", "A.b", "_", "-", ".a", "a..b"},
       {"", ".", "..", "..a", "a/b", "a b", std::string(254, 'a')}},
      {ValidateEnvVarName, {"a", "A_B", "1", "a.b", "with space"}, {"", "a=b", "\n", "é"}},
      {ValidatePortName, {"http", "a-1", "1a"}, {"", "123", "a--b", "-a", "a-", "Http", "much-too-long-name", "a_b"}},
      {ValidateIpAddress,
       {"10.0.0.1", "::1", "2001:db8::ffff"},
       {"", "10.0.0", "010.0.0.1", "a", "1.2.3.4/8", "::ffff:1.2.3.4", "10.0.0.256"}},
  };
  for (size_t i = 0; i < table.size(); ++i) {
    for (const std::string& text : table[i].valid) EXPECT_THAT(table[i].validator(text), IsEmpty()) << i << " " << text;
    for (const std::string& text : table[i].invalid) EXPECT_FALSE(table[i].validator(text).empty()) << i << " " << text;
  }
}

TEST(Names, Texts) {
  EXPECT_THAT(
      ValidateDns1123Label("A"),
      ElementsAre("a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must "
                  "start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for "
                  "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"));
  EXPECT_THAT(ValidateDns1123Label("a.b"), ElementsAre("must not contain dots"));
  EXPECT_THAT(ValidateDns1123Label(std::string(64, 'a')), ElementsAre("must be no more than 63 bytes"));
  EXPECT_THAT(
      ValidateDns1123Subdomain("A"),
      ElementsAre("a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
                  "and must start and end with an alphanumeric character (e.g. 'example.com', regex used for "
                  "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"));
  EXPECT_THAT(ValidateQualifiedName("a/"),
              ElementsAre("name part must be non-empty", HasSubstr("name part must consist of alphanumeric")));
  EXPECT_THAT(ValidateQualifiedName("a/b/c"), ElementsAre(HasSubstr("a qualified name must consist of")));
  EXPECT_THAT(
      ValidateLabelValue("-"),
      ElementsAre("a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
                  "and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or "
                  "'12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"));
}

TEST(Names, PortNumbers) {
  EXPECT_THAT(ValidatePortNumber(1), IsEmpty());
  EXPECT_THAT(ValidatePortNumber(65535), IsEmpty());
  EXPECT_THAT(ValidatePortNumber(0), ElementsAre("must be between 1 and 65535, inclusive"));
  EXPECT_FALSE(ValidatePortNumber(65536).empty());
}

}  // namespace
}  // namespace kubelite::api
