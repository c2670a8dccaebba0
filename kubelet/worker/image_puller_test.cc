#include "kubelet/worker/image_puller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/api/testing/builders.h"
#include "common/base/simulated_executor.h"
#include "kubelet/runtime/fake/fake_runtime.h"
#include "kubelet/testing/event_log.h"

namespace kubelite::kubelet {
namespace {

using api::testing::MakePod;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ImagePullerTest : public ::testing::Test {
 protected:
  std::optional<StartProblem> Ensure(const std::string& image, const std::string& policy = "") {
    k8s::core::v1::Pod pod = MakePod("p").Image(image).Build();
    if (!policy.empty()) pod.mutable_spec()->mutable_containers(0)->set_imagepullpolicy(policy);
    return puller_.Ensure(pod, pod.spec().containers(0), false);
  }
  base::SimulatedExecutor executor_{1};
  FakeRuntime runtime_{&executor_};
  testing::EventLog events_;
  ImagePuller puller_{&runtime_, &events_, &executor_.clock()};
};

TEST_F(ImagePullerTest, APresentImageIsUsed) {
  runtime_.AddImage("a:1");
  EXPECT_FALSE(Ensure("a:1"));
  EXPECT_THAT(events_.Take(),
              ElementsAre("Pulled: Container image \"a:1\" already present on machine and can be accessed by the pod"));
}

TEST_F(ImagePullerTest, AlwaysPullsEvenWhenPresent) {
  runtime_.AddImage("a:1");
  EXPECT_FALSE(Ensure("a:1", "Always"));
  EXPECT_THAT(
      events_.Take(),
      ElementsAre("Pulling: Pulling image \"a:1\"",
                  "Pulled: Successfully pulled image \"a:1\" in 0s (0s including waiting). Image size: 1 bytes."));
}

TEST_F(ImagePullerTest, NeverDoesNotPull) {
  const auto problem = Ensure("a:1", "Never");
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->reason, "ErrImageNeverPull");
  EXPECT_EQ(problem->message, "Container image \"a:1\" is not present with pull policy of Never");
}

TEST_F(ImagePullerTest, AMalformedNameIsTold) {
  const auto problem = Ensure("A:1");
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->reason, "InvalidImageName");
  EXPECT_EQ(problem->message,
            "Failed to apply default image tag \"A:1\": couldn't parse image name \"A:1\": invalid reference "
            "format: repository name must be lowercase");
}

TEST_F(ImagePullerTest, AnUnknownImageBacksOff) {
  EXPECT_EQ(Ensure("a:1")->reason, "ErrImagePull");
  EXPECT_THAT(events_.Take(), ElementsAre("Pulling: Pulling image \"a:1\"",
                                          "Failed: Failed to pull image \"a:1\": image \"a:1\" is unknown",
                                          "Failed: Error: ErrImagePull"));
  executor_.Advance(absl::Seconds(1));
  const auto waiting = Ensure("a:1");
  EXPECT_EQ(waiting->reason, "ImagePullBackOff");
  EXPECT_EQ(waiting->message, "Back-off pulling image \"a:1\": ErrImagePull: image \"a:1\" is unknown");
  EXPECT_EQ(waiting->retry_at, executor_.clock().Now() + absl::Seconds(9));
  EXPECT_THAT(events_.Take(),
              ElementsAre("BackOff: Back-off pulling image \"a:1\"", "Failed: Error: ImagePullBackOff"));
  executor_.Advance(absl::Seconds(9));
  EXPECT_EQ(Ensure("a:1")->reason, "ErrImagePull");
  EXPECT_EQ(Ensure("a:1")->retry_at, executor_.clock().Now() + absl::Seconds(20));
  executor_.Advance(absl::Seconds(20));
  runtime_.AddImage("a:1");
  EXPECT_FALSE(Ensure("a:1"));
}

TEST_F(ImagePullerTest, BackOffsAreForgottenWithThePod) {
  Ensure("a:1");
  puller_.Forget("uid-p");
  EXPECT_EQ(Ensure("a:1")->reason, "ErrImagePull");
}

}  // namespace
}  // namespace kubelite::kubelet
