#include "kubelet/status/status_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/api/errors.h"
#include "common/api/testing/builders.h"
#include "common/base/random.h"
#include "common/base/simulated_executor.h"
#include "common/client/fake/fake_client.h"
#include "common/control/pods.h"

namespace kubelite::kubelet {
namespace {

using api::testing::MakePod;
using client::FakeClient;
using k8s::core::v1::Pod;
using k8s::core::v1::PodStatus;
using PodPtr = std::shared_ptr<const Pod>;

const api::ObjectKey kKey{"default", "p"};

class StatusManagerTest : public ::testing::Test {
 protected:
  StatusManagerTest() { cached_ = api::As<Pod>(client_->Seed(MakePod("p").Node("n1").Build())); }
  PodPtr InApi() {
    absl::StatusOr<PodPtr> pod = client::Get<Pod>(*client_, kKey);
    return pod.ok() ? *pod : nullptr;
  }
  static PodStatus Phase(const std::string& phase) {
    PodStatus status;
    status.set_phase(phase);
    return status;
  }
  StatusManager::Target Target() { return {kKey, cached_->metadata().uid()}; }
  int Writes() {
    int writes = 0;
    for (const FakeClient::Call& call : client_->calls()) writes += call.verb == "update";
    return writes;
  }

  base::SimulatedExecutor executor_{1};
  base::Random random_{1};
  std::unique_ptr<FakeClient> client_ = FakeClient::New(&executor_, &random_);
  PodPtr cached_;
  StatusManager manager_{{client_.get(), &executor_, [this](const api::ObjectKey&) { return cached_; }}};
};

TEST_F(StatusManagerTest, WritesAtOnce) {
  manager_.Set(Target(), Phase("Running"), false);
  executor_.Settle();
  EXPECT_EQ(InApi()->status().phase(), "Running");
}

TEST_F(StatusManagerTest, DoesNotWriteWhatIsThereAlready) {
  manager_.Set(Target(), Phase("Running"), false);
  executor_.Settle();
  manager_.Set(Target(), Phase("Running"), false);  // although the cache lags behind
  executor_.Settle();
  EXPECT_EQ(Writes(), 1);
}

TEST_F(StatusManagerTest, ACacheThatLagsDoesNotHideAChangeBack) {
  const std::string before = cached_->status().phase();
  manager_.Set(Target(), Phase("Running"), false);
  executor_.Settle();
  manager_.Set(Target(), Phase(before), false);
  executor_.Settle();
  EXPECT_EQ(InApi()->status().phase(), before);
}

TEST_F(StatusManagerTest, OthersConditionsStay) {
  Pod pod = *InApi();
  control::SetPodCondition(pod.mutable_status(), "example.com/ok", "True", "", "", executor_.clock().Now());
  ASSERT_TRUE(client::Update(*client_, pod, "status").ok());
  PodStatus status = Phase("Running");
  control::SetPodCondition(&status, "Ready", "True", "", "", executor_.clock().Now());
  manager_.Set(Target(), status, false);  // from a stale cache: a conflict
  executor_.Settle();
  const PodPtr written = InApi();
  EXPECT_EQ(written->status().phase(), "Running");
  EXPECT_NE(control::FindPodCondition(written->status(), "example.com/ok"), nullptr);
  EXPECT_NE(control::FindPodCondition(written->status(), "Ready"), nullptr);
}

TEST_F(StatusManagerTest, RetriesWhileTheServerIsAway) {
  bool away = true;
  client_->SetFault([&](const FakeClient::Call&) { return away ? absl::UnavailableError("away") : absl::OkStatus(); });
  manager_.Set(Target(), Phase("Running"), false);
  executor_.Advance(absl::Seconds(5));
  manager_.Set(Target(), Phase("Failed"), false);
  away = false;
  executor_.Advance(absl::Seconds(20));
  EXPECT_EQ(InApi()->status().phase(), "Failed");
}

TEST_F(StatusManagerTest, FinishDeletesAfterTheLastStatus) {
  client::DeleteOptions options;
  options.grace_period_seconds = 30;
  ASSERT_TRUE(client::Delete<Pod>(*client_, kKey, options).ok());
  ASSERT_NE(InApi(), nullptr);
  cached_ = InApi();
  manager_.Set(Target(), Phase("Succeeded"), true);
  executor_.Settle();
  EXPECT_EQ(InApi(), nullptr);
  EXPECT_EQ(Writes(), 1);
}

TEST_F(StatusManagerTest, AnotherPodOfTheNameIsNotTouched) {
  manager_.Set({kKey, "other-uid"}, Phase("Failed"), true);
  executor_.Settle();
  ASSERT_NE(InApi(), nullptr);
  EXPECT_NE(InApi()->status().phase(), "Failed");
  EXPECT_TRUE(manager_.idle());
}

TEST_F(StatusManagerTest, AForgottenPodIsNotWritten) {
  manager_.Set(Target(), Phase("Failed"), false);
  manager_.Forget(cached_->metadata().uid());
  executor_.Settle();
  EXPECT_EQ(Writes(), 0);
}

}  // namespace
}  // namespace kubelite::kubelet
