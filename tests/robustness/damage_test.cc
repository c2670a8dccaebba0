// Damaged files: an error that names the file, or everything that was acknowledged; never a crash or a silent loss.
// KUBELITE_SEED=<seed> damages other places, KUBELITE_ROUNDS=<n> more of them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/random.h"
#include "common/base/testing/status_matchers.h"
#include "store/checkpoint.h"
#include "store/store.h"
#include "tests/robustness/environment.h"
#include "tests/robustness/ledger.h"
#include "tests/robustness/writer_plan.h"

namespace kubelite::robustness {
namespace {

namespace fs = std::filesystem;

// The store that the tests damage copies of; made once. It has table files, a log with the newest steps, and a
// compacted revision.
class Specimen {
 public:
  static Specimen& Get() {
    static auto& specimen = *new Specimen();
    return specimen;
  }

  // A closed store.
  std::string directory() const { return parent_.path() + "/store"; }
  std::string checkpoint() const { return parent_.path() + "/checkpoint"; }
  // The store as a power loss would leave it before and after one more step.
  std::string before_last() const { return parent_.path() + "/before_last"; }
  std::string after_last() const { return parent_.path() + "/after_last"; }
  const Ledger& ledger() const { return ledger_; }
  Revision revision() const { return ledger_.truth().current(); }

 private:
  static constexpr int64_t kOperations = 1200;

  Specimen() {
    {
      auto store = Open();
      Write(store.get(), 0, kOperations);
      EXPECT_OK(store->Compact(store->CurrentRevision() / 3));
    }
    auto store = Open();  // closing it has written the table files
    Write(store.get(), kOperations, kOperations + 40);
    EXPECT_OK(store->Checkpoint(checkpoint(), absl::UnixEpoch()));
    fs::copy(directory(), before_last(), fs::copy_options::recursive);
    EXPECT_OK(store->Put("last", "step", store::kAnyRevision));
    fs::copy(directory(), after_last(), fs::copy_options::recursive);
    store.reset();
    EXPECT_OK(base::RemoveAll(directory()));
    fs::copy(before_last(), directory(), fs::copy_options::recursive);
  }

  std::unique_ptr<store::Store> Open() const {
    auto opened = store::OpenRocksDb({.directory = directory()});
    EXPECT_OK(opened);
    return *std::move(opened);
  }

  // Operations of the plan, many in one sync.
  void Write(store::Store* store, int64_t from, int64_t to) {
    std::vector<Acknowledgement> acknowledged;
    std::vector<Operation> group;
    const auto flush = [&] {
      const std::vector<Revision> revisions = ExecuteTogether(group, store);
      EXPECT_EQ(revisions.size(), group.size());
      for (size_t i = 0; i < revisions.size(); ++i) {
        acknowledged.push_back({0, from - static_cast<int64_t>(group.size() - i), revisions[i]});
      }
      group.clear();
    };
    for (; from < to; ++from) {
      Operation op = PlannedOperation(0, 0, from);
      if (op.kind != Operation::Kind::kGrantLease && op.kind != Operation::Kind::kRevokeLease) {
        group.push_back(std::move(op));
        continue;
      }
      flush();
      const auto revision = Execute(op, store);
      EXPECT_OK(revision);
      acknowledged.push_back({0, from, *revision});
    }
    flush();
    EXPECT_OK(ledger_.Adopt(store, 0, acknowledged));
  }

  const base::TemporaryDirectory parent_;
  Ledger ledger_;
};

class DamageTest : public testing::Test {
 protected:
  DamageTest() : random_(static_cast<uint64_t>(FromEnvironment("KUBELITE_SEED", 1))) {}

  // A fresh copy of a directory.
  std::string CopyOf(const std::string& directory) {
    const std::string copy = parent_.path() + "/copy";
    EXPECT_OK(base::RemoveAll(copy));
    fs::copy(directory, copy, fs::copy_options::recursive);
    return copy;
  }

  // Files below `directory` that end in `suffix` or begin with `prefix`, relative to it.
  static std::vector<std::string> Files(const std::string& directory, const std::string& prefix,
                                        const std::string& suffix) {
    std::vector<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
      const std::string name = entry.path().filename();
      if (!entry.is_regular_file() || !absl::StartsWith(name, prefix) || !absl::EndsWith(name, suffix)) continue;
      files.push_back(fs::relative(entry.path(), directory));
    }
    std::sort(files.begin(), files.end());
    EXPECT_THAT(files, testing::Not(testing::IsEmpty())) << prefix << "*" << suffix;
    return files;
  }

  void FlipBit(const std::string& path, uint64_t byte) {
    std::string content = *base::ReadFile(path);
    content[byte] = static_cast<char>(content[byte] ^ (1 << random_.Uniform(8)));
    Write(path, content);
  }
  static void Write(const std::string& path, const std::string& content) {
    // Not through WriteFileAtomically: hard links of a checkpoint must not be written through either.
    EXPECT_OK(base::RemoveAll(path));
    EXPECT_OK(base::WriteFileAtomically(path, content, 0600));
  }

  // Opens and reads everything.
  static absl::Status OpenAndCompare(const std::string& directory, Revision* revision = nullptr) {
    const auto store = store::OpenRocksDb({.directory = directory});
    if (!store.ok()) return store.status();
    if (revision != nullptr) *revision = (*store)->CurrentRevision();
    return Specimen::Get().ledger().Compare(store->get(), Specimen::Get().revision());
  }

  // All is there, or an error names the file.
  static void ExpectWholeOrNamed(const std::string& directory, const std::string& file) {
    const absl::Status status = OpenAndCompare(directory);
    if (status.ok()) return;
    EXPECT_THAT(status, base::StatusIs(absl::StatusCode::kDataLoss, fs::path(file).filename().string())) << file;
  }

  // Bytes of a file to damage: the first, the last, and some between.
  std::vector<uint64_t> Places(uint64_t size) {
    std::vector<uint64_t> places = {0, size - 1};
    for (int64_t i = FromEnvironment("KUBELITE_ROUNDS", 4); i > 0; --i) places.push_back(random_.Uniform(size));
    return places;
  }

  const base::TemporaryDirectory parent_;
  base::Random random_;
};

TEST_F(DamageTest, TheSpecimenIsWhole) { EXPECT_OK(OpenAndCompare(CopyOf(Specimen::Get().directory()))); }

TEST_F(DamageTest, ATornLogRecordWasNeverAcknowledged) {
  const Specimen& specimen = Specimen::Get();
  for (const std::string& file : Files(specimen.after_last(), "", ".log")) {
    const std::string after = *base::ReadFile(absl::StrCat(specimen.after_last(), "/", file));
    const auto before = base::ReadFile(absl::StrCat(specimen.before_last(), "/", file));
    if (!before.ok() || before->size() == after.size()) continue;
    ASSERT_TRUE(absl::StartsWith(after, *before));
    const size_t step = 1 + (after.size() - before->size()) / 16;
    for (size_t size = before->size(); size < after.size(); size += step) {
      SCOPED_TRACE(absl::StrCat(file, " ends at ", size, " of ", after.size()));
      const std::string copy = CopyOf(specimen.after_last());
      Write(absl::StrCat(copy, "/", file), after.substr(0, size));
      ASSERT_OK(OpenAndCompare(copy));
    }
    return;
  }
  FAIL() << "the last step has not touched a log";
}

TEST_F(DamageTest, AFlippedBitInTheLog) {
  const Specimen& specimen = Specimen::Get();
  for (const std::string& file : Files(specimen.directory(), "", ".log")) {
    const uint64_t size = fs::file_size(absl::StrCat(specimen.directory(), "/", file));
    if (size == 0) continue;
    for (const uint64_t place : Places(size)) {
      SCOPED_TRACE(absl::StrCat(file, " at ", place, " of ", size));
      const std::string copy = CopyOf(specimen.directory());
      FlipBit(absl::StrCat(copy, "/", file), place);
      ExpectWholeOrNamed(copy, file);
    }
  }
}

TEST_F(DamageTest, AFlippedBitInATable) {
  const Specimen& specimen = Specimen::Get();
  for (const std::string& file : Files(specimen.directory(), "", ".sst")) {
    for (const uint64_t place : Places(fs::file_size(absl::StrCat(specimen.directory(), "/", file)))) {
      SCOPED_TRACE(absl::StrCat(file, " at ", place));
      const std::string copy = CopyOf(specimen.directory());
      FlipBit(absl::StrCat(copy, "/", file), place);
      ExpectWholeOrNamed(copy, file);
    }
  }
}

TEST_F(DamageTest, AMissingOrShortTable) {
  const Specimen& specimen = Specimen::Get();
  for (const std::string& file : Files(specimen.directory(), "", ".sst")) {
    SCOPED_TRACE(file);
    const std::string copy = CopyOf(specimen.directory());
    const std::string path = absl::StrCat(copy, "/", file);
    const std::string content = *base::ReadFile(path);
    for (const size_t size : {size_t{0}, content.size() / 2, content.size() - 1}) {
      Write(path, content.substr(0, size));
      ExpectWholeOrNamed(copy, file);
    }
    ASSERT_OK(base::RemoveAll(path));
    EXPECT_THAT(OpenAndCompare(copy), base::StatusIs(absl::StatusCode::kDataLoss, fs::path(file).filename().string()));
  }
}

TEST_F(DamageTest, ADamagedDatabaseManifest) {
  const Specimen& specimen = Specimen::Get();
  for (const std::string& file : Files(specimen.directory(), "MANIFEST", "")) {
    const std::string content = *base::ReadFile(absl::StrCat(specimen.directory(), "/", file));
    for (const uint64_t place : Places(content.size())) {
      SCOPED_TRACE(absl::StrCat(file, " at ", place, " of ", content.size()));
      std::string copy = CopyOf(specimen.directory());
      FlipBit(absl::StrCat(copy, "/", file), place);
      ExpectWholeOrNamed(copy, file);
      copy = CopyOf(specimen.directory());
      Write(absl::StrCat(copy, "/", file), content.substr(0, place));
      ExpectWholeOrNamed(copy, file);
    }
    const std::string copy = CopyOf(specimen.directory());
    ASSERT_OK(base::RemoveAll(absl::StrCat(copy, "/", file)));
    EXPECT_THAT(OpenAndCompare(copy), base::StatusIs(absl::StatusCode::kDataLoss, fs::path(file).filename().string()));
  }
}

TEST_F(DamageTest, ADamagedCheckpointManifest) {
  const Specimen& specimen = Specimen::Get();
  const std::string copy = CopyOf(specimen.checkpoint());
  const std::string path = copy + "/manifest.json";
  const std::string content = *base::ReadFile(path);
  const auto expect_refused = [&](const std::string& damaged) {
    Write(path, damaged);
    const auto manifest = store::VerifyCheckpoint(copy);
    if (manifest.ok()) {
      // What cannot be noticed must not matter.
      EXPECT_EQ(manifest->files.size(), Files(copy + "/db", "", "").size());
      EXPECT_EQ(manifest->revision, specimen.revision());
      return;
    }
    EXPECT_THAT(std::string(manifest.status().message()), testing::HasSubstr(copy));
  };
  ASSERT_OK(store::VerifyCheckpoint(copy));
  for (const uint64_t place : Places(content.size())) {
    SCOPED_TRACE(absl::StrCat("at ", place, " of ", content.size()));
    expect_refused(content.substr(0, place));
    std::string flipped = content;
    flipped[place] = static_cast<char>(flipped[place] ^ (1 << random_.Uniform(8)));
    expect_refused(flipped);
  }
  ASSERT_OK(base::RemoveAll(path));
  EXPECT_FALSE(store::VerifyCheckpoint(copy).ok());
}

TEST_F(DamageTest, ADamagedCheckpointIsNotRestored) {
  const Specimen& specimen = Specimen::Get();
  const std::string target = parent_.path() + "/target";
  fs::copy(specimen.directory(), target, fs::copy_options::recursive);
  const auto expect_refused = [&](const std::string& checkpoint, const std::string& name) {
    EXPECT_THAT(store::VerifyCheckpoint(checkpoint), base::StatusIs(absl::StatusCode::kDataLoss, name));
    EXPECT_THAT(store::RestoreCheckpoint(checkpoint, target), base::StatusIs(absl::StatusCode::kDataLoss, name));
    EXPECT_FALSE(fs::exists(target + "/db.before-restore"));
    ASSERT_OK(OpenAndCompare(target));
  };
  for (const std::string& file : Files(specimen.checkpoint() + "/db", "", "")) {
    SCOPED_TRACE(file);
    const std::string copy = CopyOf(specimen.checkpoint());
    const std::string path = absl::StrCat(copy, "/db/", file);
    const std::string content = *base::ReadFile(path);
    if (!content.empty()) {
      FlipBit(path, random_.Uniform(content.size()));
      expect_refused(copy, file);
      Write(path, content.substr(0, content.size() - 1));
      expect_refused(copy, file);
    }
    ASSERT_OK(base::RemoveAll(path));
    expect_refused(copy, file);
  }
  const std::string copy = CopyOf(specimen.checkpoint());
  Write(copy + "/db/999999.sst", "stranger");
  expect_refused(copy, "999999.sst");
}

}  // namespace
}  // namespace kubelite::robustness
