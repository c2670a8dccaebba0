#include "store/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/testing/status_matchers.h"
#include "store/checkpoint_manifest.h"
#include "store/files.h"
#include "store/store.h"
#include "store/store_directory.h"
#include "store/testing/fill.h"

namespace kubelite::store {
namespace {

namespace fs = std::filesystem;
using base::StatusIs;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class CheckpointTest : public testing::Test {
 protected:
  void SetUp() override { store_ = Open(directory_); }

  static std::unique_ptr<Store> Open(const std::string& directory) {
    auto store = OpenRocksDb({.directory = directory});
    EXPECT_OK(store);
    return store.ok() ? *std::move(store) : nullptr;
  }
  // Writes values of 10 KB, which are in tables when they are many.
  void Fill(int count) { FillStore(store_.get(), count, 50); }
  void Save() { ASSERT_OK(store_->Checkpoint(copy_, kNow)); }
  // A file of the checkpoint, by the beginning or the end of its name.
  std::string CopiedFile(const std::string& mark) {
    for (const auto& entry : fs::directory_iterator(DatabasePath(copy_))) {
      const std::string name = entry.path().filename();
      if (name.starts_with(mark) || name.ends_with(mark)) return entry.path();
    }
    ADD_FAILURE() << "no file " << mark;
    return "";
  }
  static void FlipByte(const std::string& path, uintmax_t offset) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    const char byte = static_cast<char>(file.get());
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(static_cast<char>(byte ^ 0x10));
  }
  // That neither verify nor restore accept the checkpoint, and that the store stays as it is.
  void ExpectRefused(absl::StatusCode code, const std::string& text) {
    EXPECT_THAT(VerifyCheckpoint(copy_), StatusIs(code, text));
    store_.reset();
    EXPECT_THAT(RestoreCheckpoint(copy_, directory_), StatusIs(code, text));
    EXPECT_FALSE(Exists(directory_ + "/db.before-restore"));
    EXPECT_FALSE(Exists(directory_ + "/db.restoring"));
    store_ = Open(directory_);
    EXPECT_OK(store_->Get("k0"));
  }

  void ExpectFlippedBitFound(const std::string& file) {
    // Not through a link: the store's own table must stay whole.
    fs::copy_file(file, file + "_");
    fs::rename(file + "_", file);
    FlipByte(file, fs::file_size(file) / 2);
    ExpectRefused(absl::StatusCode::kDataLoss, file + " has changed");
    FlipByte(file, fs::file_size(file) / 2);
    EXPECT_OK(VerifyCheckpoint(copy_));
  }

  base::TemporaryDirectory parent_;
  const std::string directory_ = parent_.path() + "/store";
  const std::string copy_ = parent_.path() + "/copies/one";
  const std::string fork_ = parent_.path() + "/fork";
  std::unique_ptr<Store> store_;
};

TEST_F(CheckpointTest, TheManifestTellsWhatIsThere) {
  Fill(300);
  ASSERT_OK(store_->Compact(100));
  Save();
  const auto manifest = VerifyCheckpoint(copy_);
  ASSERT_OK(manifest);
  EXPECT_EQ(manifest->revision, 300);
  EXPECT_EQ(manifest->compacted, 100);
  EXPECT_EQ(manifest->created, kNow);
  EXPECT_GT(manifest->files.size(), 3u);
  EXPECT_EQ(ReadCheckpointManifest(copy_)->revision, 300);
}

TEST_F(CheckpointTest, IsConsistentWhileWritersGoOn) {
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; !done; ++i) {
      ASSERT_OK(store_->Transact([&](Transaction& step) {
        const std::string value = absl::StrCat(i);
        absl::Status status = step.Put("x", value, 0);
        status.Update(step.Put("y", value, 0));
        return status;
      }));
    }
  });
  for (int i = 0; i < 5; ++i) {
    const std::string copy = absl::StrCat(copy_, i);
    ASSERT_OK(store_->Checkpoint(copy, kNow));
    const std::string fork = absl::StrCat(fork_, i);
    ASSERT_OK(ForkCheckpoint(copy, fork));
    const auto forked = Open(fork);
    EXPECT_EQ(forked->CurrentRevision(), VerifyCheckpoint(copy)->revision);
    const auto list = forked->List(KeyRange::All(), 0);
    ASSERT_OK(list);
    if (list->items.empty()) continue;
    ASSERT_EQ(list->items.size(), 2u);
    EXPECT_EQ(list->items[0].value, list->items[1].value);
    EXPECT_EQ(list->items[0].mod_revision, list->revision);
  }
  done = true;
  writer.join();
}

TEST_F(CheckpointTest, NeedsANewDirectoryAndADisk) {
  EXPECT_THAT(store_->Checkpoint(parent_.path(), kNow), StatusIs(absl::StatusCode::kAlreadyExists, parent_.path()));
  EXPECT_THAT(OpenInMemory()->Checkpoint(copy_, kNow), StatusIs(absl::StatusCode::kUnimplemented, ""));
  EXPECT_FALSE(Exists(copy_));
}

TEST_F(CheckpointTest, IsNotOpenedAsAStore) {
  Save();
  EXPECT_THAT(OpenRocksDb({.directory = copy_}), StatusIs(absl::StatusCode::kFailedPrecondition, "is a checkpoint"));
  EXPECT_OK(VerifyCheckpoint(copy_));
}

TEST_F(CheckpointTest, AFlippedBitIsFoundInAnyFile) {
  Fill(300);
  Save();
  for (const char* mark : {".sst", "MANIFEST", "CURRENT", "OPTIONS"}) ExpectFlippedBitFound(CopiedFile(mark));
}

TEST_F(CheckpointTest, AFlippedBitIsFoundInTheWriteAheadLog) {
  Fill(1);
  Save();
  ExpectFlippedBitFound(CopiedFile(".log"));
}

TEST_F(CheckpointTest, AMissingFileIsNamed) {
  Fill(300);
  Save();
  const std::string file = CopiedFile(".sst");
  fs::remove(file);
  ExpectRefused(absl::StatusCode::kDataLoss, file + " is missing");
  EXPECT_THAT(ForkCheckpoint(copy_, fork_), StatusIs(absl::StatusCode::kDataLoss, file + " is missing"));
}

TEST_F(CheckpointTest, AnExtraFileIsNamed) {
  Fill(1);
  Save();
  ASSERT_OK(base::WriteFileAtomically(DatabasePath(copy_) + "/999999.sst", "x"));
  ExpectRefused(absl::StatusCode::kDataLoss, "999999.sst is not in the manifest");
  EXPECT_THAT(ForkCheckpoint(copy_, fork_), StatusIs(absl::StatusCode::kDataLoss, "999999.sst"));
}

TEST_F(CheckpointTest, AShortenedFileIsNamed) {
  Fill(1);
  Save();
  const std::string file = CopiedFile("OPTIONS");
  fs::resize_file(file, fs::file_size(file) - 1);
  ExpectRefused(absl::StatusCode::kDataLoss, file + " is too short");
  fs::resize_file(file, fs::file_size(file) + 2);
  ExpectRefused(absl::StatusCode::kDataLoss, file + " is too long");
}

TEST_F(CheckpointTest, ATruncatedManifestIsNamed) {
  Fill(1);
  Save();
  fs::resize_file(ManifestPath(copy_), fs::file_size(ManifestPath(copy_)) / 2);
  ExpectRefused(absl::StatusCode::kDataLoss, ManifestPath(copy_));
}

TEST_F(CheckpointTest, ANewerFormatIsRefused) {
  Fill(1);
  Save();
  ASSERT_OK(base::WriteFileAtomically(ManifestPath(copy_), R"({"format": 7})"));
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "format 7");
}

TEST_F(CheckpointTest, ADirectoryWithoutManifestIsNoCheckpoint) {
  Fill(1);
  ASSERT_OK(base::MakeDirectories(copy_));
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "is no checkpoint");
}

// ---- restore --------------------------------------------------------------------------------------------------------

TEST_F(CheckpointTest, RestoreBringsTheCheckpointBackAndKeepsWhatWasThere) {
  ASSERT_OK(store_->Put("a", "old", 0));
  Save();
  ASSERT_OK(store_->Put("a", "new", 1));
  EXPECT_THAT(RestoreCheckpoint(copy_, directory_), StatusIs(absl::StatusCode::kFailedPrecondition, "in use"));
  store_.reset();
  ASSERT_OK(RestoreCheckpoint(copy_, directory_));
  store_ = Open(directory_);
  EXPECT_EQ(store_->Get("a")->value, "old");
  EXPECT_EQ(store_->CurrentRevision(), 1);
  ASSERT_OK(store_->Put("a", "newer", 1));
  store_.reset();
  EXPECT_OK(VerifyCheckpoint(copy_));
  // What was there can be put back by hand.
  fs::remove_all(directory_ + "/db");
  fs::rename(directory_ + "/db.before-restore", directory_ + "/db");
  EXPECT_EQ(Open(directory_)->Get("a")->value, "new");
}

TEST_F(CheckpointTest, RestoreMakesANewStore) {
  ASSERT_OK(store_->Put("a", "1", 0));
  Save();
  ASSERT_OK(RestoreCheckpoint(copy_, fork_));
  EXPECT_EQ(Open(fork_)->Get("a")->value, "1");
  EXPECT_FALSE(Exists(fork_ + "/db.before-restore"));
}

TEST_F(CheckpointTest, ARestoreThatWasInterruptedIsDoneOrUndone) {
  ASSERT_OK(store_->Put("a", "old", 0));
  Save();
  ASSERT_OK(store_->Put("a", "new", 1));
  store_.reset();
  const auto value = [&] { return Open(directory_)->Get("a")->value; };
  // While the copy was made: as if nothing had happened.
  fs::create_directory(directory_ + "/db.restoring");
  ASSERT_OK(base::WriteFileAtomically(directory_ + "/db.restoring/000001.sst", "half"));
  EXPECT_EQ(value(), "new");
  // The copy was complete, the swap had not begun.
  fs::copy(DatabasePath(copy_), directory_ + "/db.restored");
  EXPECT_EQ(value(), "new");
  EXPECT_FALSE(Exists(directory_ + "/db.restored"));
  // Between the two steps of the swap.
  fs::copy(DatabasePath(copy_), directory_ + "/db.restored");
  fs::rename(directory_ + "/db", directory_ + "/db.before-restore");
  EXPECT_EQ(value(), "old");
  // And a new restore is not in the way of what was left.
  fs::create_directory(directory_ + "/db.restored");
  ASSERT_OK(RestoreCheckpoint(copy_, directory_));
  EXPECT_EQ(value(), "old");
}

// ---- fork -----------------------------------------------------------------------------------------------------------

TEST_F(CheckpointTest, AForkIsAStoreOfItsOwn) {
  Fill(300);
  Save();
  ASSERT_OK(store_->Put("a", "1", 0));
  ASSERT_OK(ForkCheckpoint(copy_, fork_));
  {
    const auto fork = Open(fork_);
    EXPECT_EQ(fork->CurrentRevision(), 300);
    EXPECT_THAT(fork->Get("a"), StatusIs(absl::StatusCode::kNotFound, ""));
    for (int i = 0; i < 30; ++i) ASSERT_OK(fork->Put(absl::StrCat("k", i), "changed", kAnyRevision));
    ASSERT_OK(fork->Compact(330));
  }
  EXPECT_OK(VerifyCheckpoint(copy_));
  EXPECT_NE(store_->Get("k7")->value, "changed");
  EXPECT_EQ(Open(fork_)->Get("k7")->value, "changed");
  EXPECT_THAT(ForkCheckpoint(copy_, fork_), StatusIs(absl::StatusCode::kFailedPrecondition, "not empty"));
}

TEST_F(CheckpointTest, AForkCopiesLittle) {
  Fill(2000);
  Save();
  ASSERT_OK(ForkCheckpoint(copy_, fork_));
  uintmax_t linked = 0;
  uintmax_t copied = 0;
  for (const auto& entry : fs::directory_iterator(DatabasePath(fork_))) {
    (entry.hard_link_count() > 1 ? linked : copied) += entry.file_size();
  }
  EXPECT_GT(linked, 18u << 20);
  EXPECT_LT(copied, 1200u << 10);
}

TEST_F(CheckpointTest, AForkThatWasInterruptedIsMadeAnew) {
  Fill(1);
  Save();
  ASSERT_OK(base::MakeDirectories(fork_ + "/db.forking"));
  ASSERT_OK(base::WriteFileAtomically(fork_ + "/db.forking/000001.sst", "half"));
  ASSERT_OK(ForkCheckpoint(copy_, fork_));
  EXPECT_OK(Open(fork_)->Get("k0"));
}

}  // namespace
}  // namespace kubelite::store
