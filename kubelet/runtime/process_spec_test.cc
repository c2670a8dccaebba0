#include "kubelet/runtime/process_spec.h"

#include "common/base/testing/status_matchers.h"

namespace kubelite::kubelet {
namespace {

using base::StatusIs;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ProcessSpec : public ::testing::Test {
 protected:
  ProcessSpec() {
    image_.entrypoint = {"entry"};
    image_.cmd = {"cmd"};
    sandbox_.sandbox.uid = "uid";
    sandbox_.sandbox.ip = "127.64.0.1";
    sandbox_.hostname = "pod";
  }
  absl::StatusOr<shim::Process> Make(uint32_t uid = 0) {
    return MakeProcess(image_, config_, sandbox_, "/pods/uid", uid);
  }
  image::Manifest image_;
  ContainerConfig config_;
  SandboxRecord sandbox_;
};

TEST_F(ProcessSpec, ImageCommandIsTheDefault) { EXPECT_THAT(Make()->argv, ElementsAre("entry", "cmd")); }

TEST_F(ProcessSpec, ArgsReplaceTheImagesCommand) {
  config_.args = {"a"};
  EXPECT_THAT(Make()->argv, ElementsAre("entry", "a"));
}

TEST_F(ProcessSpec, CommandReplacesBoth) {
  config_.command = {"c"};
  EXPECT_THAT(Make()->argv, ElementsAre("c"));
  config_.args = {"a"};
  EXPECT_THAT(Make()->argv, ElementsAre("c", "a"));
}

TEST_F(ProcessSpec, NothingToRunIsAnError) {
  image_ = {};
  EXPECT_THAT(Make(), StatusIs(absl::StatusCode::kInvalidArgument, "no command specified"));
}

TEST_F(ProcessSpec, LaterVariablesWinAndTheRuntimesOwnAlways) {
  image_.env = {"A=image", "B=image"};
  config_.env = {{"A", "pod"}, {"KUBE_LITE_POD_UID", "forged"}, {"KUBE_LITE_POD_DIR", "forged"}, {"HOSTNAME", "mine"}};
  ASSERT_OK_AND_ASSIGN(const shim::Process process, Make());
  EXPECT_THAT(process.env, Contains("KUBE_LITE_POD_UID=uid"));
  EXPECT_THAT(process.env, Contains("KUBE_LITE_POD_DIR=/pods/uid"));
  EXPECT_THAT(process.env, Contains("A=pod"));
  EXPECT_THAT(process.env, Contains("B=image"));
  EXPECT_THAT(process.env, Contains("HOSTNAME=mine"));
  EXPECT_THAT(process.env, Contains("KUBE_LITE_POD_IP=127.64.0.1"));
  EXPECT_THAT(process.env, Not(Contains("A=image")));
  EXPECT_THAT(process.env, Not(Contains(HasSubstr("forged"))));
}

TEST_F(ProcessSpec, RootMayBecomeAnyone) {
  image_.user = "1000:1001";
  EXPECT_EQ(Make()->uid, 1000u);
  EXPECT_EQ(Make()->gid, 1001u);
  EXPECT_TRUE(Make()->set_ids);
  config_.run_as_user = 5;
  EXPECT_EQ(Make()->uid, 5u);
}

TEST_F(ProcessSpec, OthersMayOnlyBeThemselves) {
  config_.run_as_user = 1000;
  ASSERT_OK(Make(1000));
  EXPECT_FALSE(Make(1000)->set_ids);
  EXPECT_THAT(Make(1001), StatusIs(absl::StatusCode::kFailedPrecondition, "running as user 1000 needs"));
}

TEST_F(ProcessSpec, ImageUserMustBeNumeric) {
  image_.user = "www";
  EXPECT_THAT(Make(), StatusIs(absl::StatusCode::kInvalidArgument, "www"));
}

}  // namespace
}  // namespace kubelite::kubelet
