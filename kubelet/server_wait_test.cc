#include "kubelet/server_wait.h"

#include <gtest/gtest.h>

#include <optional>

#include "common/base/simulated_executor.h"
#include "kubelet/testing/fake_prober.h"

namespace kubelite::kubelet {
namespace {

class ServerWaitTest : public ::testing::Test {
 protected:
  void Wait() {
    wait_.emplace("127.0.0.1:6444", &prober_, &executor_, [this] { ++done_; });
    executor_.Settle();
  }
  base::SimulatedExecutor executor_{1};
  testing::FakeProber prober_;
  int done_ = 0;
  std::optional<ServerWait> wait_;
};

TEST_F(ServerWaitTest, ARunningServerIsMetAtOnce) {
  Wait();
  executor_.Advance(absl::Milliseconds(10));
  EXPECT_EQ(done_, 1);
}

TEST_F(ServerWaitTest, OneSuccessAloneDoesNotCount) {
  Wait();
  prober_.SetDefault({ProbeOutcome::Kind::kRefused, ""});
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(done_, 0);
}

TEST_F(ServerWaitTest, ALateServerIsMetWithinTwentyMilliseconds) {
  prober_.SetDefault({ProbeOutcome::Kind::kRefused, ""});
  Wait();
  executor_.Advance(absl::Milliseconds(333));
  EXPECT_EQ(done_, 0);
  prober_.SetDefault({});
  executor_.Advance(absl::Milliseconds(20));
  EXPECT_EQ(done_, 1);
  executor_.Advance(absl::Seconds(10));
  EXPECT_EQ(done_, 1);
}

TEST_F(ServerWaitTest, AnAddressThatCannotBeTriedIsNotWaitedFor) {
  prober_.SetDefault({ProbeOutcome::Kind::kError, "not an address"});
  Wait();
  executor_.Advance(absl::Milliseconds(10));
  EXPECT_EQ(done_, 1);
}

TEST_F(ServerWaitTest, GivenUpItIsSilent) {
  prober_.SetDefault({ProbeOutcome::Kind::kRefused, ""});
  Wait();
  wait_.reset();
  prober_.SetDefault({});
  executor_.Advance(absl::Seconds(10));
  EXPECT_EQ(done_, 0);
}

}  // namespace
}  // namespace kubelite::kubelet
