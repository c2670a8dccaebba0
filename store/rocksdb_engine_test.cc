#include "store/rocksdb_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/testing/status_matchers.h"
#include "rocksdb/db.h"
#include "store/mvcc_store.h"
#include "store/store.h"
#include "store/store_directory.h"
#include "store/testing/fill.h"

namespace kubelite::store {
namespace {

using base::StatusIs;

class RocksDbEngineTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_OK(base::MakeDirectories(directory_)); }

  void MakePlainRocksDb(bool empty) {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* db = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(options, DatabasePath(directory_), &db).ok());
    if (!empty) {
      ASSERT_TRUE(db->Put(rocksdb::WriteOptions(), "their", "data").ok());
    }
    delete db;
  }

  uintmax_t DiskUse() const {
    uintmax_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(DatabasePath(directory_))) {
      if (entry.path().extension() != ".sst" && entry.path().extension() != ".log") continue;
      std::error_code gone;  // RocksDB deletes files meanwhile
      const uintmax_t size = entry.file_size(gone);
      if (!gone) bytes += size;
    }
    return bytes;
  }

  base::TemporaryDirectory parent_;
  const std::string directory_ = parent_.path() + "/store";
};

TEST_F(RocksDbEngineTest, AnotherProgramsRocksDbIsRefusedAndUntouched) {
  MakePlainRocksDb(/*empty=*/false);
  EXPECT_THAT(OpenRocksDb({.directory = directory_}),
              StatusIs(absl::StatusCode::kFailedPrecondition, "kube-lite did not make"));
  std::vector<std::string> families;
  ASSERT_TRUE(rocksdb::DB::ListColumnFamilies(rocksdb::DBOptions(), DatabasePath(directory_), &families).ok());
  EXPECT_THAT(families, testing::ElementsAre("default"));
}

TEST_F(RocksDbEngineTest, AnOlderFormatWithFewerTablesIsRefused) {
  MakePlainRocksDb(/*empty=*/true);
  rocksdb::DB* db = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(rocksdb::Options(), DatabasePath(directory_), &db).ok());
  for (const char* name : {"data", "log"}) {
    rocksdb::ColumnFamilyHandle* family = nullptr;
    ASSERT_TRUE(db->CreateColumnFamily(rocksdb::ColumnFamilyOptions(), name, &family).ok());
    ASSERT_TRUE(db->DestroyColumnFamilyHandle(family).ok());
  }
  ASSERT_TRUE(db->Put(rocksdb::WriteOptions(), "format", "1").ok());
  delete db;
  EXPECT_THAT(OpenRocksDb({.directory = directory_}),
              StatusIs(absl::StatusCode::kFailedPrecondition, "older format, which this program does not read"));
}

TEST_F(RocksDbEngineTest, ACreationCutShortIsFinished) {
  MakePlainRocksDb(/*empty=*/true);
  const auto store = OpenRocksDb({.directory = directory_});
  ASSERT_OK(store);
  EXPECT_OK((*store)->Put("a", "1", 0));
}

TEST_F(RocksDbEngineTest, DiskUseIsBoundedUnderUpdatesOfTheSameKeys) {
  const auto store = OpenRocksDb({.directory = directory_});
  ASSERT_OK(store);
  for (int round = 0; round < 60; ++round) {
    FillStore(store->get(), /*count=*/200, /*per_sync=*/50);
    ASSERT_OK((*store)->Compact(std::max<Revision>(1, (*store)->CurrentRevision() - 300)));
    // 120 MB are written. At any time 5 MB of them can be read; the write-ahead log takes up to 24, and as much again
    // waits for compaction or is written by one.
    ASSERT_LT(DiskUse(), 90u << 20) << round;
  }
  EXPECT_THAT((*store)->Count(KeyRange::All()), base::IsOkAndHolds(200));
  EXPECT_THAT((*store)->Count(KeyRange::All(), (*store)->CurrentRevision() - 300), base::IsOkAndHolds(200));
}

TEST_F(RocksDbEngineTest, CompactedRowsAreGoneAndTheRestIsRight) {
  const auto store = OpenRocksDb({.directory = directory_});
  ASSERT_OK(store);
  for (int round = 0; round < 30; ++round) {
    for (int i = 0; i < 20; ++i) {
      const std::string key = absl::StrCat("k", i);
      const auto old = (*store)->Get(key);
      if (old.ok() && (i + round) % 3 == 0) {
        ASSERT_OK((*store)->Delete(key, old->mod_revision));
      } else {
        ASSERT_OK((*store)->Put(key, absl::StrCat(round, std::string(20000, '.')), old.ok() ? old->mod_revision : 0));
      }
    }
    const auto before = (*store)->List(KeyRange::All(), 0);
    ASSERT_OK(before);
    ASSERT_OK((*store)->Compact((*store)->CurrentRevision()));
    const auto after = (*store)->List(KeyRange::All(), 0);
    ASSERT_OK(after);
    ASSERT_EQ(after->items.size(), before->items.size());
    for (size_t i = 0; i < after->items.size(); ++i) ASSERT_EQ(after->items[i].value, before->items[i].value);
  }
}

// The limit on file sizes makes the system refuse writes as a full disk does.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit = {bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_;
};

TEST_F(RocksDbEngineTest, WritesThatTheDiskRefusesAreUnavailableAndWorkAgainLater) {
  auto store = OpenRocksDb({.directory = directory_});
  ASSERT_OK(store);
  const std::string value(10'000, 'x');
  Revision acknowledged = 0;
  {
    const FileSizeLimit limit(200'000);
    while (true) {
      const auto put = (*store)->Put(absl::StrCat("k", acknowledged), value, 0);
      if (!put.ok()) {
        EXPECT_THAT(put, StatusIs(absl::StatusCode::kUnavailable, "may or may not"));
        break;
      }
      acknowledged = *put;
      ASSERT_LT(acknowledged, 100);
    }
    EXPECT_EQ((*store)->CurrentRevision(), acknowledged);
    EXPECT_THAT((*store)->Count(KeyRange::All()), base::IsOkAndHolds(acknowledged));
  }
  const auto resumed = (*store)->Put("later", "v", 0);
  ASSERT_OK(resumed);
  EXPECT_THAT(*resumed,
              testing::AnyOf(acknowledged + 1, acknowledged + 2));  // the refused write may be there after all
  ASSERT_OK((*store)->Put("later", "w", *resumed));
  store->reset();
  store = OpenRocksDb({.directory = directory_});
  ASSERT_OK(store);
  EXPECT_EQ((*store)->CurrentRevision(), *resumed + 1);
  EXPECT_EQ((*store)->Get("later")->value, "w");
  for (Revision i = 0; i < acknowledged; ++i) EXPECT_OK((*store)->Get(absl::StrCat("k", i)));
}

}  // namespace
}  // namespace kubelite::store
