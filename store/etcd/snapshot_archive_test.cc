#include "store/etcd/snapshot_archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/sha.h>

#include <array>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/file.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::etcd {
namespace {

using base::IsOkAndHolds;
using base::StatusIs;

class SnapshotArchiveTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(base::MakeDirectories(Path("in/db")));
    ASSERT_OK(base::WriteFileAtomically(Path("in/manifest.json"), "{}"));
    ASSERT_OK(base::WriteFileAtomically(Path("in/db/000001.sst"), std::string(100000, 's')));
    ASSERT_OK(base::WriteFileAtomically(Path("in/db/CURRENT"), std::string(512, 'c')));
    ASSERT_OK(base::WriteFileAtomically(Path("in/db/empty"), ""));
  }
  std::string Path(const std::string& name) const { return absl::StrCat(directory_.path(), "/", name); }

  std::string Archive(size_t chunk) {
    auto archive = SnapshotArchive::Open(Path("in"));
    EXPECT_OK(archive);
    const auto total = static_cast<size_t>((*archive)->remaining());
    std::string all;
    while (true) {
      const auto bytes = (*archive)->Next(chunk);
      EXPECT_OK(bytes);
      if (!bytes.ok() || bytes->empty()) break;
      EXPECT_LE(bytes->size(), chunk);
      all += *bytes;
      EXPECT_EQ((*archive)->remaining(), static_cast<int64_t>(total - all.size()));
    }
    EXPECT_EQ(all.size(), total);
    return all;
  }
  absl::Status Extract(const std::string& bytes) {
    EXPECT_OK(base::WriteFileAtomically(Path("file"), bytes));
    return ExtractSnapshot(Path("file"), Path("out"));
  }

  const base::TemporaryDirectory directory_;
};

TEST_F(SnapshotArchiveTest, RoundTrip) {
  ASSERT_OK(Extract(Archive(1000)));
  EXPECT_THAT(base::ReadFile(Path("out/manifest.json")), IsOkAndHolds("{}"));
  EXPECT_THAT(base::ReadFile(Path("out/db/000001.sst")), IsOkAndHolds(std::string(100000, 's')));
  EXPECT_THAT(base::ReadFile(Path("out/db/CURRENT")), IsOkAndHolds(std::string(512, 'c')));
  EXPECT_THAT(base::ReadFile(Path("out/db/empty")), IsOkAndHolds(""));
}

TEST_F(SnapshotArchiveTest, TheBytesDoNotDependOnTheChunks) {
  const std::string archive = Archive(1 << 20);
  EXPECT_EQ(archive, Archive(7));
  EXPECT_EQ(archive.size() % 512, 32u) << "where etcdctl looks for the sum";
}

TEST_F(SnapshotArchiveTest, DamageIsFoundBeforeAnythingIsWritten) {
  std::string archive = Archive(1 << 20);
  for (const size_t at : {size_t{0}, archive.size() / 2, archive.size() - 1}) {
    std::string changed = archive;
    changed[at] ^= 1;
    EXPECT_THAT(Extract(changed), StatusIs(absl::StatusCode::kDataLoss, Path("file"))) << at;
    EXPECT_FALSE(std::filesystem::exists(Path("out")));
  }
  EXPECT_THAT(Extract(archive.substr(0, archive.size() - 512)), StatusIs(absl::StatusCode::kDataLoss, Path("file")));
  EXPECT_THAT(Extract(archive.substr(0, 1000)), StatusIs(absl::StatusCode::kInvalidArgument, Path("file")));
  EXPECT_THAT(Extract(""), StatusIs(absl::StatusCode::kInvalidArgument, Path("file")));
  EXPECT_THAT(ExtractSnapshot(Path("absent"), Path("out")), StatusIs(absl::StatusCode::kNotFound, Path("absent")));
}

// A file whose sums are right but which names what no checkpoint has.
std::string Renamed(std::string archive, const std::string& from, const std::string& to) {
  const size_t header = archive.find(from);
  EXPECT_NE(header, std::string::npos);
  archive.replace(header, 100, to + std::string(100 - to.size(), '\0'));
  constexpr size_t kChecksum = 148;
  archive.replace(header + kChecksum, 8, 8, ' ');
  unsigned sum = 0;
  for (size_t i = 0; i < 512; ++i) sum += static_cast<unsigned char>(archive[header + i]);
  archive.replace(header + kChecksum, 7, absl::StrFormat("%06o", sum) + std::string(1, '\0'));
  archive.resize(archive.size() - 32);
  std::array<unsigned char, 32> hash;
  SHA256(reinterpret_cast<const unsigned char*>(archive.data()), archive.size(), hash.data());
  return archive + std::string(hash.begin(), hash.end());
}

TEST_F(SnapshotArchiveTest, MembersThatNoCheckpointHasAreRefused) {
  const std::string archive = Archive(1 << 20);
  ASSERT_OK(Extract(Renamed(archive, "db/empty", "db/other")));
  ASSERT_OK(base::RemoveAll(Path("out")));
  for (const char* name : {"../evil", "db/../../evil", "/evil", "evil", "db/", "db/..", "db/a/b", ""}) {
    EXPECT_THAT(Extract(Renamed(archive, "db/empty", name)), StatusIs(absl::StatusCode::kInvalidArgument, Path("file")))
        << name;
    EXPECT_FALSE(std::filesystem::exists(Path("evil")));
    EXPECT_FALSE(std::filesystem::exists(Path("out")));
  }
}

}  // namespace
}  // namespace kubelite::etcd
