#include "common/image/reference.h"

#include "common/base/testing/status_matchers.h"

namespace kubelite::image {
namespace {

struct Case {
  const char* text;
  const char* short_form;
};

class ValidReference : public ::testing::TestWithParam<Case> {};

TEST_P(ValidReference, HasShortForm) {
  ASSERT_OK_AND_ASSIGN(const Reference reference, ParseReference(GetParam().text));
  EXPECT_EQ(reference.ToString(), GetParam().short_form);
}

INSTANTIATE_TEST_SUITE_P(
    All, ValidReference,
    ::testing::Values(Case{"host", "host:latest"}, Case{"kube-lite/hello:1", "kube-lite/hello:1"},
                      Case{"docker.io/library/nginx", "nginx:latest"}, Case{"index.docker.io/a/b:x", "a/b:x"},
                      Case{"localhost:5000/a__b/c-d.e:V_1", "localhost:5000/a__b/c-d.e:V_1"},
                      Case{"a@sha256:0123456789abcdef0123456789abcdef", "a@sha256:0123456789abcdef0123456789abcdef"}));

class InvalidReference : public ::testing::TestWithParam<const char*> {};

TEST_P(InvalidReference, IsRefused) {
  EXPECT_THAT(ParseReference(GetParam()),
              base::StatusIs(absl::StatusCode::kInvalidArgument, "invalid reference format"));
}

INSTANTIATE_TEST_SUITE_P(All, InvalidReference,
                         ::testing::Values("", ":1", "a:", "a b", "a//b", "a/", "/a", "-a", "a..b", "a___b", "a:-x",
                                           "a@sha256:xyz", "a@", "A/b", "ex ample.com/a"));

TEST(Reference, UpperCaseIsNamed) {
  EXPECT_THAT(ParseReference("Nginx").status().message(),
              "invalid reference format: repository name must be lowercase");
}

}  // namespace
}  // namespace kubelite::image
