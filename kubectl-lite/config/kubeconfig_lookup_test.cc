#include "kubectl-lite/config/kubeconfig_lookup.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "absl/strings/match.h"
#include "common/base/file.h"
#include "kubectl-lite/cluster/layout.h"

namespace kubelite::cli {
namespace {

class LookupTest : public testing::Test {
 protected:
  LookupTest() { setenv("KUBE_LITE_HOME", (directory_.path() + "/home").c_str(), 1); }
  ~LookupTest() override { unsetenv("KUBE_LITE_HOME"); }
  static Args With(const std::vector<std::string>& tokens) { return *ParseArgs(Command{}, tokens); }
  base::TemporaryDirectory directory_;
};

TEST_F(LookupTest, FlagThenEnvironmentThenCurrentCluster) {
  ASSERT_TRUE(SetCurrentCluster("/data/one").ok());
  EXPECT_EQ(*KubeconfigPath(With({"--kubeconfig=a"}), "b"), "a");
  EXPECT_EQ(*KubeconfigPath(With({}), "b"), "b");
  EXPECT_EQ(*KubeconfigPath(With({}), ""), "/data/one/kubeconfig");
}

TEST_F(LookupTest, ErrorsSayWhatToDo) {
  const absl::Status none = KubeconfigPath(With({}), "").status();
  EXPECT_TRUE(absl::StrContains(none.message(), "kubectl-lite up")) << none;
  const absl::Status several = KubeconfigPath(With({}), "a:b").status();
  EXPECT_TRUE(absl::StrContains(several.message(), "KUBECONFIG names several files (a:b)")) << several;
  const absl::Status missing = ResolveKubeconfig(With({"--kubeconfig=/no/such"}), "").status();
  EXPECT_EQ(missing.message(),
            "the kubeconfig \"/no/such\" does not exist; name another with --kubeconfig or KUBECONFIG");
}

TEST_F(LookupTest, AContextThatIsNotThereIsNamedWithItsFile) {
  const std::string path = directory_.path() + "/config";
  ASSERT_TRUE(base::WriteFileAtomically(path, "apiVersion: v1\nkind: Config\n").ok());
  const absl::Status status = ResolveKubeconfig(With({"--kubeconfig", path, "--context=x"}), "").status();
  EXPECT_TRUE(absl::StartsWith(status.message(), path)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "\"x\"")) << status;
}

}  // namespace
}  // namespace kubelite::cli
