#include "common/image/manifest.h"

#include "common/base/file.h"
#include "common/base/testing/status_matchers.h"
#include "common/image/json_text.h"

namespace kubelite::image {
namespace {

using base::StatusIs;

Manifest Full() {
  Manifest m;
  m.reference = "kube-lite/hello:1";
  m.entrypoint = {"/bin/hello", "--x"};
  m.cmd = {"a \"b\"\n"};
  m.env = {"A=1"};
  m.working_dir = "/tmp";
  m.user = "1000:1000";
  m.exposed_ports = {"8080/tcp"};
  m.labels = {{"k", "v"}};
  return m;
}

TEST(Manifest, SurvivesARoundTrip) {
  ASSERT_OK_AND_ASSIGN(const Manifest m, ParseManifest(FormatManifest(Full())));
  EXPECT_EQ(FormatManifest(m), FormatManifest(Full()));
  EXPECT_EQ(m.cmd, Full().cmd);
}

TEST(Manifest, NamesTheWrongMember) {
  EXPECT_THAT(ParseManifest(R"({"reference":"a","Cmd":"x"})"),
              StatusIs(absl::StatusCode::kInvalidArgument, "Cmd must be a list of strings"));
  EXPECT_THAT(ParseManifest(R"({"reference":"a","Comand":[]})"),
              StatusIs(absl::StatusCode::kInvalidArgument, "unknown member \"Comand\""));
  EXPECT_THAT(ParseManifest("{}"), StatusIs(absl::StatusCode::kInvalidArgument, "reference is missing"));
  EXPECT_THAT(ParseManifest("[]"), StatusIs(absl::StatusCode::kInvalidArgument, "must be an object"));
  EXPECT_THAT(ParseManifest("{"), StatusIs(absl::StatusCode::kInvalidArgument, "not JSON"));
}

TEST(Manifest, IsWrittenUnderANameOfItsReference) {
  base::TemporaryDirectory dir;
  ASSERT_OK(WriteImageManifest(dir.path() + "/images", Full()));
  ASSERT_OK_AND_ASSIGN(const std::string text, base::ReadFile(dir.path() + "/images/kube-lite%2Fhello:1.json"));
  EXPECT_EQ(text, FormatManifest(Full()));
}

TEST(JsonQuote, KeepsUtf8AndReplacesTheRest) { EXPECT_EQ(JsonQuote("\xC3\xA4\xFF\x01"), "\"\xC3\xA4\\ufffd\\u0001\""); }

}  // namespace
}  // namespace kubelite::image
