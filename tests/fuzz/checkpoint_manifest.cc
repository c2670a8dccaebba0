#include "store/checkpoint_manifest.h"

#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "tests/fuzz/entry_points.h"
#include "tests/fuzz/input.h"

namespace kubelite::fuzz {
namespace {

using store::CheckpointFile;
using store::CheckpointManifest;

constexpr char kPath[] = "some/manifest.json";

bool Same(const CheckpointManifest& a, const CheckpointManifest& b) {
  if (a.format != b.format || a.revision != b.revision || a.compacted != b.compacted || a.created != b.created ||
      a.files.size() != b.files.size()) {
    return false;
  }
  for (size_t i = 0; i < a.files.size(); ++i) {
    const CheckpointFile& left = a.files[i];
    const CheckpointFile& right = b.files[i];
    if (left.name != right.name || left.bytes != right.bytes || left.checksum != right.checksum) return false;
  }
  return true;
}

// File names are joined to a directory's.
void ExpectNamesStayInside(const CheckpointManifest& manifest) {
  std::set<std::string> names;
  for (const CheckpointFile& file : manifest.files) {
    CHECK(!file.name.empty() && file.name != "." && file.name != ".." && !absl::StrContains(file.name, '/') &&
          !absl::StrContains(file.name, absl::string_view("\0", 1)));
    CHECK(file.bytes >= 0);
    CHECK(names.insert(file.name).second);
  }
}

CheckpointManifest AnyManifest(Input input) {
  CheckpointManifest manifest;
  manifest.revision = input.NotNegative();
  manifest.compacted = input.NotNegative();
  manifest.created = absl::FromUnixMicros(input.Number() % 4'000'000'000'000'000);
  for (int i = input.Byte() % 4; i > 0; --i) {
    manifest.files.push_back({absl::StrCat(i, "-", input.NotNegative(), ".sst"), input.NotNegative(),
                              absl::StrCat("xxh3:", absl::Hex(input.NotNegative()))});
  }
  return manifest;
}

}  // namespace

void FuzzCheckpointManifest(absl::string_view bytes) {
  const auto parsed = store::ParseCheckpointManifest(bytes, kPath);
  if (parsed.ok()) {
    ExpectNamesStayInside(*parsed);
    const auto again = store::ParseCheckpointManifest(store::FormatCheckpointManifest(*parsed), kPath);
    CHECK_OK(again.status());
    CHECK(Same(*parsed, *again));
  } else {
    CHECK(absl::StrContains(parsed.status().message(), kPath));
  }
  CheckpointManifest manifest = AnyManifest(Input(bytes));
  const auto read = store::ParseCheckpointManifest(store::FormatCheckpointManifest(manifest), kPath);
  CHECK_OK(read.status());
  manifest.format = read->format;
  CHECK(Same(*read, manifest));
}

}  // namespace kubelite::fuzz
