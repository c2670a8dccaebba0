#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/testing/status_matchers.h"
#include "store/key_codec.h"
#include "store/rocksdb_engine.h"
#include "store/store.h"
#include "store/store_directory.h"
#include "store/testing/fill.h"

namespace kubelite::store {
namespace {

using base::StatusIs;

class OpenTest : public testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<Store>> Open() { return OpenRocksDb({.directory = directory_}); }

  // Writes `count` values of 10 KB, and closes the store. So many that tables come to be share syncs.
  void Fill(int count) {
    auto store = Open();
    ASSERT_OK(store);
    FillStore(store->get(), count, count < 100 ? 1 : 50);
  }

  // The largest file of the database with this extension.
  std::string Largest(const std::string& extension) {
    std::filesystem::path largest;
    for (const auto& entry : std::filesystem::directory_iterator(DatabasePath(directory_))) {
      if (entry.path().extension() != extension) continue;
      if (largest.empty() || entry.file_size() > std::filesystem::file_size(largest)) largest = entry.path();
    }
    EXPECT_FALSE(largest.empty());
    return largest;
  }

  static void FlipByte(const std::string& path, uintmax_t offset) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    const char byte = static_cast<char>(file.get());
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(static_cast<char>(byte ^ 0x10));
  }

  base::TemporaryDirectory parent_;
  const std::string directory_ = parent_.path() + "/data/store";
};

TEST_F(OpenTest, MakesTheDirectory) {
  EXPECT_OK(Open());
  EXPECT_TRUE(std::filesystem::exists(directory_));
}

TEST_F(OpenTest, ADirectoryInUseIsRefusedAndNamesTheHolder) {
  const auto first = Open();
  ASSERT_OK(first);
  const auto second = Open();
  EXPECT_THAT(second, StatusIs(absl::StatusCode::kFailedPrecondition, directory_));
  EXPECT_THAT(second, StatusIs(absl::StatusCode::kFailedPrecondition, absl::StrCat("process ", getpid())));
  EXPECT_THAT(second, StatusIs(absl::StatusCode::kFailedPrecondition, "choose another directory"));
}

TEST_F(OpenTest, ADirectoryThatCannotBeMadeIsNamed) {
  ASSERT_OK(base::WriteFileAtomically(parent_.path() + "/data", "a file in the way"));
  EXPECT_FALSE(Open().ok());
  EXPECT_THAT(std::string(Open().status().message()), testing::HasSubstr(directory_));
}

TEST_F(OpenTest, AnUnsetDirectoryIsRefused) {
  EXPECT_THAT(OpenRocksDb({}), StatusIs(absl::StatusCode::kInvalidArgument, "directory is not set"));
}

TEST_F(OpenTest, OtherDatabasesAreRefused) {
  ASSERT_OK(base::MakeDirectories(directory_ + "/member"));
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kFailedPrecondition, "etcd"));
  ASSERT_OK(base::RemoveAll(directory_));
  ASSERT_OK(base::MakeDirectories(directory_));
  ASSERT_OK(base::WriteFileAtomically(directory_ + "/CURRENT", "MANIFEST-000001\n"));
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kFailedPrecondition, "RocksDB or LevelDB"));
}

TEST_F(OpenTest, ANewerFormatIsRefused) {
  Fill(1);
  {
    auto lock = base::FileLock::Acquire(LockPath(directory_));
    ASSERT_OK(lock);
    auto engine = OpenRocksDbEngine(DatabasePath(directory_), *std::move(lock));
    ASSERT_OK(engine);
    WriteBatch batch;
    batch.Put(Table::kMeta, kMetaFormat, EncodeMetaNumber(3));
    ASSERT_OK((*engine)->Write(batch, true));
  }
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kFailedPrecondition, "format 3"));
}

TEST_F(OpenTest, AMissingTableFileIsDataLossAndNamed) {
  Fill(300);
  const std::string file = Largest(".sst");
  std::filesystem::remove(file);
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss, std::filesystem::path(file).filename().string()));
}

TEST_F(OpenTest, AShortTableFileIsDataLossAndNamed) {
  Fill(300);
  const std::string file = Largest(".sst");
  std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss, std::filesystem::path(file).filename().string()));
}

TEST_F(OpenTest, AMissingCurrentFileIsDataLossAndNamed) {
  Fill(300);
  std::filesystem::remove(DatabasePath(directory_) + "/CURRENT");
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss, "CURRENT is missing"));
}

TEST_F(OpenTest, ADamagedManifestIsDataLoss) {
  Fill(300);
  std::string manifest;
  for (const auto& entry : std::filesystem::directory_iterator(DatabasePath(directory_))) {
    if (entry.path().filename().string().starts_with("MANIFEST")) manifest = entry.path();
  }
  FlipByte(manifest, 100);
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss, "restore it from a snapshot"));
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss, manifest));
}

TEST_F(OpenTest, AFlippedBitInATableIsDataLossOnReadAndNamed) {
  Fill(300);
  const std::string file = Largest(".sst");
  FlipByte(file, std::filesystem::file_size(file) / 2);
  const auto store = Open();
  ASSERT_OK(store);
  const auto list = (*store)->List(KeyRange::All(), 0);
  EXPECT_THAT(list, StatusIs(absl::StatusCode::kDataLoss, std::filesystem::path(file).filename().string()));
}

TEST_F(OpenTest, ATornLastWriteIsDropped) {
  Fill(5);
  const std::string wal = Largest(".log");
  std::filesystem::resize_file(wal, std::filesystem::file_size(wal) - 7);
  const auto store = Open();
  ASSERT_OK(store);
  EXPECT_EQ((*store)->CurrentRevision(), 4);
  EXPECT_THAT((*store)->Count(KeyRange::All()), base::IsOkAndHolds(4));
}

TEST_F(OpenTest, AFlippedBitInAnAcknowledgedWriteIsDataLoss) {
  Fill(5);
  const std::string wal = Largest(".log");
  FlipByte(wal, std::filesystem::file_size(wal) / 2);
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss, "restore it from a snapshot"));
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss, wal));
}

}  // namespace
}  // namespace kubelite::store
