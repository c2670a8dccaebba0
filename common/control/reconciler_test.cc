#include "common/control/reconciler.h"

#include <gtest/gtest.h>

#include <map>

#include "common/api/errors.h"
#include "common/api/testing/builders.h"
#include "common/base/simulated_executor.h"
#include "common/base/testing/status_matchers.h"
#include "common/client/fake/fake_client.h"

namespace kubelite::control {
namespace {

using api::testing::MakePod;
using api::testing::MakeReplicaSet;
using k8s::apps::v1::Deployment;
using k8s::apps::v1::ReplicaSet;
using k8s::core::v1::Pod;

class RunnerTest : public ::testing::Test {
 protected:
  class Recording : public Reconciler {
   public:
    explicit Recording(RunnerTest* test) : test_(test) {}
    absl::StatusOr<Result> Reconcile(const ObjectKey& key) override {
      test_->reconciled_.push_back(key.ToString());
      EXPECT_TRUE(test_->informers_.HasSynced());
      if (!test_->outcomes_.empty()) {
        const absl::StatusOr<Result> outcome = test_->outcomes_.front();
        test_->outcomes_.erase(test_->outcomes_.begin());
        return outcome;
      }
      return Result();
    }

   private:
    RunnerTest* const test_;
  };

  ControllerDef Def() {
    ControllerDef def;
    def.name = "test-controller";
    def.watches = {WatchSelf(api::ResourceOf<ReplicaSet>()),
                   WatchOwned(api::ResourceOf<Pod>(), api::ResourceOf<ReplicaSet>())};
    def.make = [this](const Deps&) { return std::make_unique<Recording>(this); };
    return def;
  }
  Deps MakeDeps() { return {client_.get(), &informers_, nullptr, &executor_, &random_}; }

  base::SimulatedExecutor executor_{1};
  base::Random random_{1};
  std::unique_ptr<client::FakeClient> client_ = client::FakeClient::New(&executor_, &random_);
  client::InformerFactory informers_{client_.get(), &executor_, &random_};
  std::vector<std::string> reconciled_;
  std::vector<absl::StatusOr<Result>> outcomes_;
};

using Keys = std::vector<std::string>;

TEST_F(RunnerTest, WorksOnExistingObjectsOnceSynced) {
  client_->Seed(MakeReplicaSet("a").Build());
  client_->Seed(MakeReplicaSet("b").Build());
  Runner runner(Def(), MakeDeps());
  runner.Start();
  informers_.Start();
  executor_.Settle();
  std::sort(reconciled_.begin(), reconciled_.end());
  EXPECT_EQ(reconciled_, (Keys{"default/a", "default/b"}));
  EXPECT_TRUE(runner.idle());
}

TEST_F(RunnerTest, KeysWaitForTheSlowestInformer) {
  client_->Seed(MakeReplicaSet("a").Build());
  client_->SetFault([](const client::FakeClient::Call& call) {
    return call.resource == "pods" ? absl::UnavailableError("down") : absl::OkStatus();
  });
  Runner runner(Def(), MakeDeps());
  informers_.Start();
  runner.Start();
  executor_.Advance(absl::Seconds(30));
  EXPECT_EQ(reconciled_, Keys{});
  EXPECT_FALSE(runner.idle());
  client_->SetFault(nullptr);
  executor_.Advance(absl::Seconds(3));
  EXPECT_EQ(reconciled_, Keys{"default/a"});
}

TEST_F(RunnerTest, ErrorsAreRetriedWithGrowingDelays) {
  Runner runner(Def(), MakeDeps());
  runner.Start();
  informers_.Start();
  executor_.Settle();
  outcomes_ = {absl::InternalError("one"), api::Conflict(api::ResourceOf<ReplicaSet>(), "a"), Result()};
  runner.queue().Add({"default", "a"});
  executor_.Settle();
  EXPECT_EQ(reconciled_.size(), 1u);
  EXPECT_EQ(runner.queue().NumRequeues({"default", "a"}), 1);
  executor_.Advance(absl::Milliseconds(5));
  EXPECT_EQ(reconciled_.size(), 2u);
  executor_.Advance(absl::Milliseconds(10));
  EXPECT_EQ(reconciled_.size(), 3u);
  EXPECT_EQ(runner.queue().NumRequeues({"default", "a"}), 0) << "success forgets the failures";
  EXPECT_TRUE(runner.idle());
}

TEST_F(RunnerTest, ASuccessMayAskToBeCalledAgain) {
  Runner runner(Def(), MakeDeps());
  runner.Start();
  informers_.Start();
  executor_.Settle();
  outcomes_ = {Result{absl::Minutes(1)}};
  runner.queue().Add({"default", "a"});
  executor_.Advance(absl::Seconds(59));
  EXPECT_EQ(reconciled_.size(), 1u);
  EXPECT_FALSE(runner.idle());
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(reconciled_.size(), 2u);
}

TEST_F(RunnerTest, OwnedChangesReachOldAndNewOwner) {
  const client::ObjectPtr first = client_->Seed(MakeReplicaSet("first").Build());
  const client::ObjectPtr second = client_->Seed(MakeReplicaSet("second").Build());
  client_->Seed(MakePod("p").Owner(*first).Build());
  Runner runner(Def(), MakeDeps());
  runner.Start();
  informers_.Start();
  executor_.Settle();
  reconciled_.clear();
  ASSERT_OK_AND_ASSIGN(const auto pod, client::Get<Pod>(*client_, {"default", "p"}));
  Pod moved = *pod;
  moved.mutable_metadata()->clear_ownerreferences();
  *moved.mutable_metadata()->add_ownerreferences() = api::MakeControllerRef(*second);
  ASSERT_OK(client::Update(*client_, moved));
  executor_.Settle();
  EXPECT_EQ(reconciled_, (Keys{"default/first", "default/second"}));
  reconciled_.clear();
  ASSERT_OK(client::Delete<Pod>(*client_, {"default", "p"}));
  executor_.Settle();
  EXPECT_EQ(reconciled_, Keys{"default/second"});
}

TEST_F(RunnerTest, OwnersOfOtherKindsAreLeftAlone) {
  Deployment deployment;
  deployment.mutable_metadata()->set_name("a");
  deployment.mutable_metadata()->set_namespace_("default");
  deployment.mutable_metadata()->set_uid("u");
  const WatchSource source = WatchOwned(api::ResourceOf<Pod>(), api::ResourceOf<ReplicaSet>());
  EXPECT_TRUE(source.keys(nullptr, MakePod("p").Owner(deployment).BuildPtr()).empty());
  EXPECT_TRUE(source.keys(nullptr, MakePod("p").BuildPtr()).empty());
  // The same kind in a foreign group.
  const auto foreign = MakePod("p").With([](Pod* pod) {
    auto* owner = pod->mutable_metadata()->add_ownerreferences();
    owner->set_kind("ReplicaSet");
    owner->set_apiversion("example.com/v1");
    owner->set_controller(true);
  });
  EXPECT_TRUE(source.keys(nullptr, foreign.BuildPtr()).empty());
}

TEST_F(RunnerTest, AStoppedRunnerIsQuiet) {
  auto runner = std::make_unique<Runner>(Def(), MakeDeps());
  runner->Start();
  informers_.Start();
  executor_.Settle();
  runner->Stop();
  client_->Seed(MakeReplicaSet("a").Build());
  executor_.Settle();
  runner.reset();
  client_->Seed(MakeReplicaSet("b").Build());
  executor_.Settle();
  EXPECT_EQ(reconciled_, Keys{});
}

}  // namespace
}  // namespace kubelite::control
