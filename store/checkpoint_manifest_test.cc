#include "store/checkpoint_manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/random.h"
#include "common/base/testing/status_matchers.h"
#include "store/files.h"

namespace kubelite::store {
namespace {

using base::StatusIs;

CheckpointManifest Example() {
  CheckpointManifest manifest;
  manifest.revision = 42;
  manifest.compacted = 7;
  manifest.created = absl::FromUnixMillis(1'700'000'000'123);
  manifest.files = {{"000012.sst", 1000, "xxh3:0123456789abcdef"}, {"CURRENT", 16, "xxh3:00000000000000ff"}};
  return manifest;
}

// `text` with a checksum that is right for it.
std::string Sealed(const std::string& text) {
  const std::string content = text.substr(0, text.find("  \"checksum\": \"xxh3:", text.find("],")));
  return absl::StrCat(content, "  \"checksum\": \"", HashBytes(content), "\"\n}\n");
}

TEST(CheckpointManifestTest, GoesBothWays) {
  const auto parsed = ParseCheckpointManifest(FormatCheckpointManifest(Example()), "m");
  ASSERT_OK(parsed);
  EXPECT_EQ(parsed->format, 1);
  EXPECT_EQ(parsed->revision, 42);
  EXPECT_EQ(parsed->compacted, 7);
  EXPECT_EQ(parsed->created, Example().created);
  ASSERT_EQ(parsed->files.size(), 2u);
  EXPECT_EQ(parsed->files[0].name, "000012.sst");
  EXPECT_EQ(parsed->files[0].bytes, 1000);
  EXPECT_EQ(parsed->files[0].checksum, "xxh3:0123456789abcdef");
}

TEST(CheckpointManifestTest, TheFormStaysAsItIs) {
  EXPECT_EQ(FormatCheckpointManifest(Example()), R"({
  "format": 1,
  "revision": 42,
  "compacted": 7,
  "created": "2023-11-14T22:13:20.123Z",
  "files": [
    {"name": "000012.sst", "bytes": 1000, "checksum": "xxh3:0123456789abcdef"},
    {"name": "CURRENT", "bytes": 16, "checksum": "xxh3:00000000000000ff"}
  ],
  "checksum": "xxh3:13c9c4183e0382e4"
}
)");
}

TEST(CheckpointManifestTest, AnyCutIsNoticed) {
  const std::string text = FormatCheckpointManifest(Example());
  for (size_t size = 0; size + 2 < text.size(); ++size) {
    ASSERT_THAT(ParseCheckpointManifest(text.substr(0, size), "m.json"),
                StatusIs(absl::StatusCode::kDataLoss, "m.json"));
  }
}

TEST(CheckpointManifestTest, AnyChangedByteIsNoticedOrMeansTheSame) {
  const std::string text = FormatCheckpointManifest(Example());
  base::Random random(1);
  for (size_t place = 0; place < text.size(); ++place) {
    std::string changed = text;
    changed[place] = static_cast<char>(changed[place] ^ (1 + random.Uniform(255)));
    const auto parsed = ParseCheckpointManifest(changed, "m");
    if (parsed.ok()) {
      ASSERT_EQ(FormatCheckpointManifest(*parsed), text) << place;
    }
  }
}

TEST(CheckpointManifestTest, ANewerFormatIsRefusedWhateverItSays) {
  EXPECT_THAT(ParseCheckpointManifest(R"({"format": 2, "other": []})", "m.json"),
              StatusIs(absl::StatusCode::kFailedPrecondition, "m.json: the checkpoint has format 2"));
}

TEST(CheckpointManifestTest, FileNamesDoNotLeadElsewhere) {
  for (const char* name : {"", "..", ".", ".hidden", "../x", "/etc/passwd", "a/b", "a\\\\b", "a b"}) {
    const std::string text = absl::StrReplaceAll(FormatCheckpointManifest(Example()), {{"000012.sst", name}});
    EXPECT_THAT(ParseCheckpointManifest(Sealed(text), "m"), StatusIs(absl::StatusCode::kDataLoss, "no plain name"));
  }
}

TEST(CheckpointManifestTest, EachMemberIsThereOnceAndOfItsType) {
  const std::string good = FormatCheckpointManifest(Example());
  EXPECT_OK(ParseCheckpointManifest(Sealed(good), "m"));
  const std::vector<std::pair<const char*, const char*>> changes = {
      {"\"revision\": 42", "\"revision\": -1"},
      {"\"revision\": 42", "\"revision\": \"42\""},
      {"\"revision\": 42,", ""},
      {"\"revision\": 42,", "\"revision\": 42, \"revision\": 42,"},
      {"\"revision\": 42,", "\"revision\": 42, \"x\": 1,"},
      {"\"created\": \"2", "\"created\": \"x"},
      {"\"bytes\": 16", "\"bytes\": 1e3"},
      {"\"CURRENT\"", "\"000012.sst\""},
      {"\"files\": [", "\"files\": [3, "},
  };
  for (const auto& [from, to] : changes) {
    const std::string text = absl::StrReplaceAll(good, {{from, to}});
    ASSERT_NE(text, good) << from;
    EXPECT_THAT(ParseCheckpointManifest(Sealed(text), "m"), StatusIs(absl::StatusCode::kDataLoss, "another checkpoint"))
        << text;
  }
}

}  // namespace
}  // namespace kubelite::store
