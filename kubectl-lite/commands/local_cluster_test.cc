#include <gtest/gtest.h>

#include <cstdlib>

#include "common/base/file.h"
#include "kubectl-lite/cluster/layout.h"
#include "kubectl-lite/commands/testing/command_line.h"

// up, down and status as far as they go without daemons; tests/e2e runs them in earnest.
namespace kubelite::cli {
namespace {

class LocalClusterTest : public testing::Test {
 protected:
  LocalClusterTest() { setenv("KUBE_LITE_HOME", (directory_.path() + "/home").c_str(), 1); }
  ~LocalClusterTest() override { unsetenv("KUBE_LITE_HOME"); }
  base::TemporaryDirectory directory_;
  CommandLine line_;
};

TEST_F(LocalClusterTest, WithoutAClusterTheRemedyIsNamed) {
  for (const char* command : {"down", "status"}) {
    EXPECT_EQ(line_.Run({command}), 1);
    EXPECT_EQ(line_.err(),
              "error: there is no cluster in " + directory_.path() +
                  "/home/clusters/kube-lite; start one with 'kubectl-lite up', or name another with --name or "
                  "--data-dir\n");
    EXPECT_EQ(line_.Run({command, "--name", "four"}), 1);
    EXPECT_NE(line_.err().find("/home/clusters/four;"), std::string::npos) << line_.err();
    EXPECT_EQ(line_.Run({command, "four"}), 1);
    EXPECT_NE(line_.err().find("takes no words; name the cluster with --name"), std::string::npos) << line_.err();
  }
}

TEST_F(LocalClusterTest, ADamagedRecordIsNamed) {
  const std::string data = directory_.path() + "/data";
  ASSERT_TRUE(base::MakeDirectories(data).ok());
  ASSERT_TRUE(base::WriteFileAtomically(Layout(data).ClusterFile(), "{").ok());
  EXPECT_EQ(line_.Run({"status", "--data-dir", data}), 1);
  EXPECT_EQ(line_.err().find("error: " + Layout(data).ClusterFile() + ": "), 0U) << line_.err();
}

TEST_F(LocalClusterTest, StatusOfAStoppedCluster) {
  const Layout layout(directory_.path() + "/data");
  ASSERT_TRUE(base::MakeDirectories(layout.directory()).ok());
  ASSERT_TRUE(WriteClusterRecord(layout, {.name = "one", .grpc_port = 1, .nodes = {"one-control-plane"}}).ok());
  EXPECT_EQ(line_.Run({"status", "--data-dir", layout.directory()}), 1);
  EXPECT_EQ(line_.err(), "");
  EXPECT_EQ(line_.out().find("Cluster:                    one\nStatus:                     Stopped\n"), 0U)
      << line_.out();
  EXPECT_NE(line_.out().find("Kubelet one-control-plane:  not running\n"), std::string::npos) << line_.out();
}

TEST_F(LocalClusterTest, UpRefusesWrongFlags) {
  EXPECT_EQ(line_.Run({"up", "--name", "Not_Valid", "--nodes", "0"}), 1);
  EXPECT_NE(line_.err().find("--name \"Not_Valid\" must be"), std::string::npos) << line_.err();
  EXPECT_NE(line_.err().find("--nodes 0 must be"), std::string::npos) << line_.err();
  EXPECT_EQ(line_.Run({"up", "--port=many"}), 1);
  EXPECT_EQ(line_.Run({"up", "four"}), 1);
}

}  // namespace
}  // namespace kubelite::cli
