#include "kubelet/options.h"

#include "common/base/testing/status_matchers.h"

namespace kubelite::kubelet {
namespace {

using base::StatusIs;

Options Valid() {
  Options options;
  options.kubeconfig = "/k";
  return options;
}

TEST(Options, DefaultsWithAKubeconfigAreValid) {
  EXPECT_OK(Valid().Validate());
  EXPECT_EQ(Valid().ContainerLogMaxSize(), 10 << 20);
}

TEST(Options, StaticPodsAloneAreEnough) {
  Options options;
  EXPECT_THAT(options.Validate(), StatusIs(absl::StatusCode::kInvalidArgument, "--kubeconfig"));
  options.pod_manifest_path = "/m";
  EXPECT_OK(options.Validate());
}

TEST(Options, RemovingPodsNeedsOnlyTheRoot) {
  Options options;
  options.remove_pods = true;
  EXPECT_OK(options.Validate());
}

TEST(Options, EveryProblemIsNamed) {
  Options options = Valid();
  options.root_dir = "relative";
  options.node_ip = "localhost";
  options.hostname_override = "Node_1";
  options.max_pods = 0;
  options.container_log_max_files = 1;
  options.container_log_max_size = "ten";
  for (const char* flag : {"--root-dir", "--node-ip", "--hostname-override", "--max-pods", "--container-log-max-files",
                           "--container-log-max-size"}) {
    EXPECT_THAT(options.Validate(), StatusIs(absl::StatusCode::kInvalidArgument, flag));
  }
}

}  // namespace
}  // namespace kubelite::kubelet
