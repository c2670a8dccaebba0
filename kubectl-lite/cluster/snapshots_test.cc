#include "kubectl-lite/cluster/snapshots.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/file.h"

// Against a script in place of kube-lite-apiserver; tests/e2e runs the real one.
namespace kubelite::cli {
namespace {

class SnapshotsTest : public testing::Test {
 protected:
  SnapshotsTest() { setenv("KUBE_LITE_HOME", (directory_.path() + "/home").c_str(), 1); }
  ~SnapshotsTest() override { unsetenv("KUBE_LITE_HOME"); }

  void SetUp() override {
    ASSERT_TRUE(base::MakeDirectories(layout_.Snapshots() + "/s1").ok());
    ASSERT_TRUE(WriteClusterRecord(layout_, record_).ok());
  }
  // What the daemon does when it is called.
  void Script(const std::string& body) {
    ASSERT_TRUE(base::MakeDirectories(binaries_).ok());
    ASSERT_TRUE(base::WriteFileAtomically(binaries_ + "/kube-lite-apiserver", "#!/bin/sh\n" + body, 0755).ok());
  }

  base::TemporaryDirectory directory_;
  const std::string binaries_ = directory_.path() + "/bin";
  const Layout layout_{directory_.path() + "/home/clusters/test"};
  const ClusterRecord record_{.name = "test", .grpc_port = 1, .ephemeral = false, .nodes = {"a", "b"}};
};

TEST_F(SnapshotsTest, TheDaemonListsThem) {
  Script(
      "echo '{\"name\":\"s1\",\"revision\":7,\"createdMicros\":1000000,\"bytes\":42}'\n"
      "echo '{\"name\":\"s2\",\"problem\":\"manifest.json is missing\"}'\n");
  const auto snapshots = ListSnapshots(layout_, binaries_);
  ASSERT_TRUE(snapshots.ok()) << snapshots.status();
  ASSERT_EQ(snapshots->size(), 2u);
  EXPECT_EQ((*snapshots)[0].revision, 7);
  EXPECT_EQ((*snapshots)[0].created, absl::FromUnixSeconds(1));
  EXPECT_EQ((*snapshots)[1].problem, "manifest.json is missing");
  const auto none = ListSnapshots(Layout(directory_.path() + "/none"), binaries_);
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->empty());
}

TEST_F(SnapshotsTest, ItsErrorIsOurs) {
  Script("echo 'kube-lite-apiserver: db/000004.sst: checksum mismatch' >&2; exit 1\n");
  EXPECT_EQ(VerifySnapshot("/x", binaries_).status().message(), "db/000004.sst: checksum mismatch");
  Script("echo hello\n");
  EXPECT_TRUE(absl::StrContains(VerifySnapshot("/x", binaries_).status().message(), "of the same build"));
  EXPECT_TRUE(absl::StrContains(VerifySnapshot("/x", directory_.path()).status().message(), "--bin-dir"));
}

TEST_F(SnapshotsTest, RestoringNamesStoreAndNodes) {
  Script(absl::StrCat("echo \"$@\" > ", directory_.path(), "/call; echo '{\"name\":\"s1\",\"revision\":7}'\n"));
  const auto restored = RestoreSnapshot(layout_, "/snap", binaries_);
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->revision, 7);
  EXPECT_EQ(base::ReadFile(directory_.path() + "/call").value_or(""),
            absl::StrCat("snapshot restore --from=/snap --data-dir=", layout_.Store(), " --nodes=a,b\n"));
}

TEST_F(SnapshotsTest, AnEphemeralClusterCannotGoBack) {
  ClusterRecord record = record_;
  record.ephemeral = true;
  ASSERT_TRUE(WriteClusterRecord(layout_, record).ok());
  const absl::Status status = RestoreSnapshot(layout_, "/snap", binaries_).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "--from-snapshot")) << status;
}

TEST_F(SnapshotsTest, NamesAreLookedForInAllClusters) {
  EXPECT_EQ(FindSnapshot("s1").value_or(""), layout_.Snapshots() + "/s1");
  EXPECT_EQ(FindSnapshot(layout_.Snapshots() + "/s1").value_or(""), layout_.Snapshots() + "/s1");
  EXPECT_TRUE(absl::IsNotFound(FindSnapshot("s2").status()));
  EXPECT_TRUE(absl::IsNotFound(FindSnapshot("/nowhere/s1").status()));
  const Layout other(directory_.path() + "/home/clusters/other");
  ASSERT_TRUE(base::MakeDirectories(other.Snapshots() + "/s1").ok());
  ASSERT_TRUE(WriteClusterRecord(other, record_).ok());
  EXPECT_TRUE(absl::StrContains(FindSnapshot("s1").status().message(), "the name of several"));
  ASSERT_TRUE(SetCurrentCluster(other.directory()).ok());
  EXPECT_EQ(FindSnapshot("s1").value_or(""), other.Snapshots() + "/s1");
}

}  // namespace
}  // namespace kubelite::cli
