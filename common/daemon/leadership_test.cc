#include "common/daemon/leadership.h"

#include <gtest/gtest.h>

#include "common/base/simulated_executor.h"
#include "common/base/testing/status_matchers.h"
#include "common/client/fake/fake_client.h"
#include "k8s/coordination/v1.pb.h"

namespace kubelite::daemon {
namespace {

using k8s::coordination::v1::Lease;

class LeadershipTest : public ::testing::Test {
 protected:
  std::unique_ptr<Leadership> Make(const Options& options) {
    auto made = std::make_unique<Leadership>(
        options, "kube-scheduler", Deps{client_.get(), &executor_, &random_}, [this] { ++started_; },
        [this] { ++lost_; });
    made->Start();
    return made;
  }
  absl::StatusOr<std::shared_ptr<const Lease>> ReadLease() {
    return client::Get<Lease>(*client_, {"kube-system", "kube-scheduler"});
  }

  base::SimulatedExecutor executor_{1};
  base::Random random_{1};
  const std::unique_ptr<client::FakeClient> client_ = client::FakeClient::New(&executor_, &random_);
  int started_ = 0;
  int lost_ = 0;
};

TEST_F(LeadershipTest, WithoutElectionTheWorkStartsAtOnce) {
  Options options;
  options.leader_elect = false;
  const auto leadership = Make(options);
  EXPECT_EQ(started_, 1);
  EXPECT_TRUE(leadership->leading());
  leadership->Stop();
  EXPECT_FALSE(ReadLease().ok());
}

TEST_F(LeadershipTest, TheHolderOfTheComponentsLeaseWorks) {
  Options options;
  options.leader_elect_identity = "a";
  auto first = Make(options);
  executor_.Settle();
  EXPECT_EQ(started_, 1);
  ASSERT_OK_AND_ASSIGN(const auto lease, ReadLease());
  EXPECT_EQ(lease->spec().holderidentity(), "a");

  options.leader_elect_identity = "";
  const auto second = Make(options);
  executor_.Advance(absl::Minutes(1));
  EXPECT_EQ(started_, 1);
  EXPECT_FALSE(second->leading());
  first->Stop();
  executor_.Advance(absl::Minutes(1));
  EXPECT_EQ(started_, 2);
  EXPECT_TRUE(second->leading());
  EXPECT_EQ(lost_, 0);
}

}  // namespace
}  // namespace kubelite::daemon
