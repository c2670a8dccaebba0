// The store on a small filesystem that fills up, for root only.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/random.h"
#include "common/base/testing/status_matchers.h"
#include "store/files.h"
#include "store/space_guard.h"
#include "store/store.h"

namespace kubelite::store {
namespace {

using base::StatusIs;

constexpr size_t kValueBytes = 100'000;

class FullDiskTest : public testing::Test {
 protected:
  // Mounts of this process alone: nothing is left behind, however it ends. Once, before there are other threads.
  static void SetUpTestSuite() {
    private_mounts_ = unshare(CLONE_NEWNS) == 0 && mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  }
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root to mount a filesystem";
    if (!private_mounts_ || mount("tmpfs", parent_.path().c_str(), "tmpfs", 0, "size=64m") != 0) {
      GTEST_SKIP() << "cannot mount a tmpfs here: " << std::strerror(errno);
    }
    Open();
  }
  void TearDown() override {
    store_.reset();
    umount2(parent_.path().c_str(), MNT_DETACH);
  }

  void Open() {
    store_.reset();
    auto store = OpenRocksDb({.directory = parent_.path() + "/store"});
    ASSERT_OK(store);
    store_ = *std::move(store);
  }
  // Does not compress.
  std::string AnyValue() {
    std::string value;
    while (value.size() < kValueBytes) {
      const uint64_t noise = random_.Next();
      value.append(reinterpret_cast<const char*>(&noise), sizeof(noise));
    }
    return value;
  }
  // Puts until one is refused; returns how many were not.
  int Fill() {
    for (int i = 0; i < 2000; ++i) {
      const auto put = store_->Put(absl::StrCat("k", i), AnyValue(), 0);
      if (put.ok()) continue;
      EXPECT_THAT(put, StatusIs(absl::StatusCode::kResourceExhausted, "is full"));
      return i;
    }
    ADD_FAILURE() << "the disk is never full";
    return 0;
  }
  absl::Status Put(const std::string& key) { return store_->Put(key, "v", kAnyRevision).status(); }
  // Until RocksDB's threads have made room.
  void AwaitPut() {
    for (int i = 0; i < 10'000'000; ++i) {
      const absl::Status status = Put("x");
      if (status.ok()) return;
      ASSERT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted, ""));
      std::this_thread::yield();
    }
    FAIL() << "puts are refused for ever";
  }
  bool Reserved() { return Exists(parent_.path() + "/store/db.reserve"); }
  // Another program takes all space that is left.
  void TakeTheRest() {
    const int fd = open((parent_.path() + "/junk").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    const std::string junk(4096, 'j');
    while (write(fd, junk.data(), junk.size()) > 0) continue;
    EXPECT_EQ(errno, ENOSPC);
    close(fd);
  }

  static inline bool private_mounts_ = false;
  base::TemporaryDirectory parent_;
  base::Random random_{1};
  std::unique_ptr<Store> store_;
};

TEST_F(FullDiskTest, DeletingAndCompactingMakesRoomForPuts) {
  const int count = Fill();
  EXPECT_GT(count, 100);
  EXPECT_TRUE(Reserved());
  EXPECT_TRUE(store_->GetStats()->refuses_puts);
  EXPECT_THAT(store_->Count(KeyRange::All()), base::IsOkAndHolds(count));
  for (int i = 0; i < count; i += 7) EXPECT_EQ(store_->Get(absl::StrCat("k", i))->value.size(), kValueBytes);
  for (int i = 0; i < count; ++i) {
    if (i % 8 != 0) {
      ASSERT_OK(store_->Delete(absl::StrCat("k", i), kAnyRevision));
    }
  }
  ASSERT_OK(store_->Compact(store_->CurrentRevision()));
  AwaitPut();
  EXPECT_FALSE(store_->GetStats()->refuses_puts);
  EXPECT_THAT(store_->Count(KeyRange::All()), base::IsOkAndHolds((count + 7) / 8 + 1));
}

TEST_F(FullDiskTest, TheReserveServesDeletesWhenOthersTakeAllSpace) {
  for (int i = 0; i < 20; ++i) ASSERT_OK(Put(absl::StrCat("k", i)));
  TakeTheRest();
  EXPECT_THAT(Put("x"), StatusIs(absl::StatusCode::kResourceExhausted, "reads and deletes work"));
  EXPECT_FALSE(Reserved());
  for (int i = 0; i < 20; ++i) EXPECT_OK(store_->Delete(absl::StrCat("k", i), kAnyRevision));
  ASSERT_OK(store_->Compact(store_->CurrentRevision()));
  Open();
  EXPECT_THAT(Put("x"), StatusIs(absl::StatusCode::kResourceExhausted, ""));
  std::filesystem::remove(parent_.path() + "/junk");
  EXPECT_OK(Put("x"));
  EXPECT_TRUE(Reserved());
}

TEST_F(FullDiskTest, FillingUpAgainAndAgainLosesNothing) {
  std::vector<int> counts;
  for (int round = 0; round < 3; ++round) {
    counts.push_back(Fill());
    if (round == 1) Open();
    for (int i = 0; i < counts.back(); ++i) ASSERT_OK(store_->Delete(absl::StrCat("k", i), kAnyRevision));
    ASSERT_OK(store_->Compact(store_->CurrentRevision()));
    AwaitPut();
  }
  // Later rounds may find the disk full for as long as the last round's values are being dropped.
  for (const int count : counts) EXPECT_GT(count, 10);
}

}  // namespace
}  // namespace kubelite::store
