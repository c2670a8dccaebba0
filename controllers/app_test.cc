#include "controllers/app.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "common/api/testing/builders.h"
#include "common/base/simulated_executor.h"
#include "common/base/testing/status_matchers.h"
#include "common/client/fake/fake_client.h"
#include "common/control/pods.h"
#include "controllers/all.h"
#include "controllers/options.h"

namespace kubelite::controllers {
namespace {

using api::testing::MakeDeployment;
using api::testing::MakeNode;
using k8s::apps::v1::Deployment;
using k8s::apps::v1::ReplicaSet;
using k8s::coordination::v1::Lease;
using k8s::core::v1::Event;
using k8s::core::v1::Namespace;
using k8s::core::v1::Pod;
using k8s::core::v1::ServiceAccount;
using ::testing::HasSubstr;

TEST(Options, DefaultsAreValidOnceThereIsAKubeconfig) {
  Options options;
  EXPECT_THAT(options.Validate(), base::StatusIs(absl::StatusCode::kInvalidArgument, "--kubeconfig"));
  options.kubeconfig = "config";
  EXPECT_OK(options.Validate());
}

TEST(Options, AllProblemsAreNamed) {
  Options options;
  options.kubeconfig = "config";
  options.leader_elect_renew_deadline = absl::Seconds(20);
  options.concurrent_gc_syncs = 0;
  options.node_monitor_grace_period = absl::Seconds(1);
  const std::string text(options.Validate().message());
  EXPECT_THAT(text, HasSubstr("--leader-elect-lease-duration"));
  EXPECT_THAT(text, HasSubstr("--concurrent-gc-syncs"));
  EXPECT_THAT(text, HasSubstr("--node-monitor-grace-period"));
}

TEST(AllControllers, NamesAreUpstreams) {
  std::set<std::string> names;
  for (const auto& def : AllControllers(Options())) names.insert(def.name);
  EXPECT_EQ(names.count("deployment-controller"), 1u);
  EXPECT_EQ(names.count("replicaset-controller"), 1u);
  EXPECT_EQ(names.size(), AllControllers(Options()).size());
}

// The whole process over the fake API server in virtual time.
class AppTest : public ::testing::Test {
 protected:
  std::unique_ptr<App> Start(const std::string& identity) {
    Options options;
    options.leader_elect_identity = identity;
    auto app = std::make_unique<App>(daemon::Deps{client_.get(), &executor_, &random_}, options,
                                     [this, identity] { lost_.insert(identity); });
    app->Start();
    return app;
  }
  void MakeNamespace(const std::string& name) {
    Namespace name_space;
    name_space.mutable_metadata()->set_name(name);
    ASSERT_OK(client::Create(*client_, name_space));
  }
  void CreateDeployment(const std::string& name, const std::string& name_space, int replicas) {
    ASSERT_OK(client::Create(
        *client_,
        MakeDeployment(name).Uid("").Namespace(name_space).Replicas(replicas).RollingUpdate("1", "0").Build()));
  }
  template <typename T>
  size_t Count(const std::string& name_space = "") {
    client::ListOptions options;
    options.name_space = name_space;
    return client::List<T>(*client_, options)->size();
  }
  std::string Holder() {
    const auto lease = client::Get<Lease>(*client_, {"kube-system", "kube-controller-manager"});
    return lease.ok() ? (*lease)->spec().holderidentity() : "";
  }

  base::SimulatedExecutor executor_{3};
  base::Random random_{3};
  std::unique_ptr<client::FakeClient> client_ = client::FakeClient::New(&executor_, &random_);
  std::set<std::string> lost_;
};

TEST_F(AppTest, RunsDeploymentsFromStartToEnd) {
  const auto app = Start("one");
  MakeNamespace("default");
  CreateDeployment("web", "default", 20);
  executor_.Settle();
  EXPECT_TRUE(app->leading());
  EXPECT_TRUE(app->synced());
  EXPECT_EQ(Count<Pod>(), 20u);
  EXPECT_EQ(Count<ServiceAccount>("default"), 1u);
  executor_.Advance(absl::Seconds(1));
  EXPECT_GT(Count<Event>(), 0u);

  client::DeleteOptions options;
  options.propagation_policy = "Background";
  ASSERT_OK(client::Delete<Deployment>(*client_, {"default", "web"}, options));
  executor_.Settle();
  EXPECT_EQ(Count<ReplicaSet>(), 0u);
  EXPECT_EQ(Count<Pod>(), 0u);
}

TEST_F(AppTest, DeletedNamespaceTakesEverythingWithIt) {
  const auto app = Start("one");
  MakeNamespace("team");
  CreateDeployment("web", "team", 5);
  executor_.Settle();
  EXPECT_EQ(Count<Pod>("team"), 5u);
  ASSERT_OK(client::Delete<Namespace>(*client_, {"", "team"}));
  executor_.Advance(absl::Minutes(1));
  EXPECT_FALSE(client::Get<Namespace>(*client_, {"", "team"}).ok());
  EXPECT_EQ(Count<Pod>("team"), 0u);
  EXPECT_EQ(Count<Deployment>("team"), 0u);
}

TEST_F(AppTest, ScaledDownAndUpUnderLostConnections) {
  const auto app = Start("one");
  CreateDeployment("web", "default", 3);
  for (int i = 0; i < 10; ++i) {
    const int replicas = i % 2 == 0 ? 30 : 3;
    auto present = client::Get<Deployment>(*client_, {"default", "web"});
    ASSERT_OK(present);
    Deployment copy = **present;
    copy.mutable_spec()->set_replicas(replicas);
    ASSERT_OK(client::Update(*client_, copy));
    client_->CutWatches();
    executor_.Advance(absl::Seconds(10));
    EXPECT_EQ(Count<Pod>(), static_cast<size_t>(replicas));
  }
}

TEST_F(AppTest, GivesTheLeaseToTheNextOne) {
  auto first = Start("one");
  executor_.Settle();
  const auto second = Start("two");
  executor_.Advance(absl::Seconds(20));
  EXPECT_TRUE(first->leading());
  EXPECT_FALSE(second->leading());
  EXPECT_EQ(Holder(), "one");
  first->Stop();
  EXPECT_EQ(Holder(), "");
  executor_.Advance(absl::Seconds(10));
  EXPECT_TRUE(second->leading());
  CreateDeployment("web", "default", 3);
  executor_.Settle();
  EXPECT_EQ(Count<Pod>(), 3u);
  EXPECT_TRUE(lost_.empty());
}

TEST_F(AppTest, TellsWhenTheLeaseIsLost) {
  const auto app = Start("one");
  executor_.Settle();
  client_->SetFault([](const client::FakeClient::Call&) { return absl::UnavailableError("down"); });
  executor_.Advance(absl::Seconds(20));
  EXPECT_EQ(lost_.count("one"), 1u);
}

TEST_F(AppTest, RestartRedoesNothing) {
  auto app = Start("one");
  CreateDeployment("web", "default", 5);
  executor_.Settle();
  app.reset();
  const auto creates = [this] {
    int count = 0;
    for (const auto& call : client_->calls()) count += call.verb == "create" && call.resource != "events" ? 1 : 0;
    return count;
  };
  const int before = creates();
  app = Start("one");
  executor_.Advance(absl::Minutes(1));
  EXPECT_EQ(creates(), before);
  EXPECT_EQ(Count<Pod>(), 5u);
}

}  // namespace
}  // namespace kubelite::controllers
