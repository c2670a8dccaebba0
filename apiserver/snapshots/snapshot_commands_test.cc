#include "apiserver/snapshots/snapshot_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/simulated_executor.h"
#include "common/base/testing/status_matchers.h"
#include "store/store.h"

namespace kubelite::apiserver {
namespace {

using ::testing::HasSubstr;

class SnapshotCommandsTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const { return absl::StrCat(directory_.path(), "/", name); }
  // A store with one key, saved.
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const auto store, store::OpenRocksDb({.directory = Path("store")}));
    ASSERT_OK(store->Put("/k", "saved", 0, 0, {.time = clock_.Now(), .note = ""}));
    ASSERT_OK(base::MakeDirectories(Path("snapshots")));
    ASSERT_OK(store->Checkpoint(Path("snapshots/one"), clock_.Now()));
    ASSERT_OK(store->Put("/k", "later", store::kAnyRevision));
  }
  std::string Value(const std::string& store_directory) {
    const auto store = store::OpenRocksDb({.directory = store_directory});
    EXPECT_OK(store);
    return store.ok() ? (*store)->Get("/k")->value : "";
  }

  base::TemporaryDirectory directory_;
  base::FakeClock clock_{absl::FromUnixSeconds(1'900'000'000)};
};

TEST_F(SnapshotCommandsTest, ListTellsAboutEach) {
  ASSERT_OK(base::MakeDirectories(Path("snapshots/rubbish")));
  ASSERT_OK_AND_ASSIGN(const std::string lines, ListSnapshots({.snapshot_dir = Path("snapshots")}));
  EXPECT_THAT(lines, HasSubstr(R"({"name":"one","revision":1,"createdMicros":1900000000000000,"bytes":)"));
  EXPECT_THAT(lines, HasSubstr(R"({"name":"rubbish","problem":")"));
}

TEST_F(SnapshotCommandsTest, RestoreGoesBack) {
  EXPECT_EQ(Value(Path("store")), "later");
  EXPECT_OK(VerifySnapshot({.from = Path("snapshots/one")}));
  ASSERT_OK(RestoreSnapshot({.from = Path("snapshots/one"), .data_dir = Path("store"), .nodes = {"n"}}, clock_));
  EXPECT_EQ(Value(Path("store")), "saved");
}

TEST_F(SnapshotCommandsTest, AForkLivesBesideTheOriginal) {
  ASSERT_OK(ForkSnapshot({.from = Path("snapshots/one"), .data_dir = Path("fork"), .nodes = {"n"}}, clock_));
  {
    ASSERT_OK_AND_ASSIGN(const auto fork, store::OpenRocksDb({.directory = Path("fork")}));
    ASSERT_OK(fork->Put("/k", "forked", store::kAnyRevision));
  }
  EXPECT_EQ(Value(Path("fork")), "forked");
  EXPECT_EQ(Value(Path("store")), "later");
  EXPECT_OK(VerifySnapshot({.from = Path("snapshots/one")})) << "the fork must not write into the snapshot";
}

TEST_F(SnapshotCommandsTest, WrongFlagsAndDirectoriesAreNamed) {
  EXPECT_THAT(RestoreSnapshot({}, clock_),
              base::StatusIs(absl::StatusCode::kInvalidArgument, "--from must name the directory of a snapshot"));
  const auto missing = ForkSnapshot({.from = Path("none"), .data_dir = Path("fork"), .nodes = {"n"}}, clock_);
  EXPECT_THAT(std::string(missing.status().message()), HasSubstr(Path("none")));
  EXPECT_FALSE(base::ReadFile(Path("fork") + "/db/CURRENT").ok()) << "nothing is left behind";
}

}  // namespace
}  // namespace kubelite::apiserver
