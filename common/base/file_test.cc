#include "common/base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::base {
namespace {

int ModeOf(const std::string& path) {
  struct stat info = {};
  return stat(path.c_str(), &info) == 0 ? static_cast<int>(info.st_mode & 0777) : -1;
}

class FileTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const { return directory_.path() + "/" + name; }
  TemporaryDirectory directory_;
};

TEST_F(FileTest, WritesAndReadsBack) {
  std::string content(200'000, 'x');
  content[7] = '\0';
  ASSERT_OK(WriteFileAtomically(Path("f"), "old"));
  ASSERT_OK(WriteFileAtomically(Path("f"), content, 0600));
  EXPECT_THAT(ReadFile(Path("f")), IsOkAndHolds(content));
  EXPECT_EQ(ModeOf(Path("f")), 0600);
  // Nothing temporary is left behind.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_.path()), {}), 1);
}

TEST_F(FileTest, ErrorsNameThePath) {
  EXPECT_THAT(ReadFile(Path("absent")), StatusIs(absl::StatusCode::kNotFound, Path("absent")));
  EXPECT_THAT(WriteFileAtomically(Path("no/dir"), "x"), StatusIs(absl::StatusCode::kNotFound, Path("no/dir")));
  ASSERT_OK(WriteFileAtomically(Path("file"), "x"));
  EXPECT_THAT(MakeDirectories(Path("file/below")), StatusIs(absl::StatusCode::kFailedPrecondition, Path("file")));
  EXPECT_FALSE(ReadFile(directory_.path()).ok());
}

TEST_F(FileTest, FailedWriteLeavesTheOldFile) {
  ASSERT_OK(MakeDirectories(Path("target")));
  EXPECT_FALSE(WriteFileAtomically(Path("target"), "x").ok());  // a directory is in the way
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_.path()), {}), 1);
}

TEST_F(FileTest, MakesAllDirectories) {
  ASSERT_OK(MakeDirectories(Path("a/b/c/"), 0700));
  EXPECT_EQ(ModeOf(Path("a")), 0700);
  EXPECT_EQ(ModeOf(Path("a/b/c")), 0700);
  ASSERT_OK(MakeDirectories(Path("a/b")));
  EXPECT_EQ(ModeOf(Path("a/b")), 0700);  // existing ones keep their mode
}

TEST_F(FileTest, RemoveAllDoesNotFollowLinks) {
  ASSERT_OK(MakeDirectories(Path("tree/sub")));
  ASSERT_OK(MakeDirectories(Path("kept")));
  ASSERT_OK(WriteFileAtomically(Path("kept/file"), "x"));
  ASSERT_EQ(symlink(Path("kept").c_str(), Path("tree/link").c_str()), 0);
  ASSERT_OK(RemoveAll(Path("tree")));
  EXPECT_EQ(ModeOf(Path("tree")), -1);
  EXPECT_THAT(ReadFile(Path("kept/file")), IsOkAndHolds("x"));
  EXPECT_OK(RemoveAll(Path("tree")));
}

TEST_F(FileTest, LockIsExclusiveAndNamesItsHolder) {
  std::optional<FileLock> lock;
  {
    ASSERT_OK_AND_ASSIGN(FileLock first, FileLock::Acquire(Path("lock")));
    lock = std::move(first);
  }
  EXPECT_THAT(FileLock::Acquire(Path("lock")),
              StatusIs(absl::StatusCode::kFailedPrecondition, absl::StrCat("held by process ", getpid())));
  lock.reset();
  EXPECT_OK(FileLock::Acquire(Path("lock")));
}

TEST(TemporaryDirectoryTest, IsRemovedWithItsContent) {
  std::string path;
  {
    const TemporaryDirectory directory;
    path = directory.path();
    ASSERT_OK(MakeDirectories(path + "/a/b"));
    ASSERT_OK(WriteFileAtomically(path + "/a/b/c", "x"));
  }
  EXPECT_EQ(ModeOf(path), -1);
}

}  // namespace
}  // namespace kubelite::base
