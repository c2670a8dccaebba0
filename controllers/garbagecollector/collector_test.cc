#include "controllers/garbagecollector/collector.h"

#include <gmock/gmock.h>

#include "common/api/errors.h"
#include "common/api/testing/builders.h"
#include "controllers/testing/loop_fixture.h"

namespace kubelite::controllers {
namespace {

using api::testing::MakeDeployment;
using api::testing::MakePod;
using api::testing::MakeReplicaSet;
using k8s::apps::v1::Deployment;
using k8s::apps::v1::ReplicaSet;
using k8s::core::v1::ConfigMap;
using k8s::core::v1::Node;
using k8s::core::v1::Pod;

// deployment web > replica set web-1 > pods a, b; and config map c, also of the deployment.
class CollectorTest : public LoopFixture {
 protected:
  CollectorTest() {
    const auto deployment = api::As<Deployment>(client_->Seed(MakeDeployment("web").Build()));
    const auto set = api::As<ReplicaSet>(client_->Seed(MakeReplicaSet("web-1").Owner(*deployment).Build()));
    for (const char* name : {"a", "b"}) client_->Seed(MakePod(name).Owner(*set).Build());
    ConfigMap config;
    config.mutable_metadata()->set_namespace_("default");
    config.mutable_metadata()->set_name("c");
    *config.mutable_metadata()->add_ownerreferences() = api::MakeControllerRef(*deployment);
    client_->Seed(config);
    StartCollector();
  }
  void StartCollector() {
    collector_ = std::make_unique<GarbageCollector>(deps(), 4);
    collector_->Start();
    Settle();
  }
  template <typename T>
  void Delete(const std::string& name, const std::string& propagation) {
    client::DeleteOptions options;
    options.propagation_policy = propagation;
    ASSERT_OK(client::Delete<T>(*client_, {"default", name}, options));
    Settle();
  }
  std::unique_ptr<GarbageCollector> collector_;
};

TEST_F(CollectorTest, LeavesOwnedObjectsAlone) {
  Advance(absl::Minutes(5));
  EXPECT_EQ(List<Pod>().size(), 2u);
  EXPECT_EQ(Calls("delete", "pods"), 0);
}

TEST_F(CollectorTest, BackgroundDeletionReachesEverything) {
  Delete<Deployment>("web", "Background");
  EXPECT_TRUE(List<ReplicaSet>().empty());
  EXPECT_TRUE(List<Pod>().empty());
  EXPECT_TRUE(List<ConfigMap>().empty());
}

TEST_F(CollectorTest, ForegroundDeletionRemovesTheOwnerLast) {
  std::vector<std::string> order;
  client_->SetFault([&order](const client::FakeClient::Call& call) {
    if (call.verb == "delete" || (call.verb == "update" && call.resource != "pods")) order.push_back(call.key.name);
    return absl::OkStatus();
  });
  Delete<Deployment>("web", "Foreground");
  EXPECT_EQ(Get<Deployment>("web"), nullptr);
  EXPECT_TRUE(List<ReplicaSet>().empty());
  EXPECT_TRUE(List<Pod>().empty());
  ASSERT_FALSE(order.empty());
  EXPECT_EQ(order.back(), "web") << "its finalizer goes last";
}

TEST_F(CollectorTest, ForegroundDeletionWaitsForRunningPods) {
  Change<Pod>("a", [](Pod* pod) { pod->mutable_spec()->set_nodename("n1"); });
  Delete<Deployment>("web", "Foreground");
  Advance(absl::Seconds(10));
  EXPECT_NE(Get<Deployment>("web"), nullptr) << "pod a still terminates";
  EXPECT_TRUE(api::IsBeingDeleted(*Get<Pod>("a")));
  client::DeleteOptions now;
  now.grace_period_seconds = 0;
  ASSERT_OK(client::Delete<Pod>(*client_, {"default", "a"}, now));
  Settle();
  EXPECT_EQ(Get<Deployment>("web"), nullptr);
  EXPECT_EQ(Get<ReplicaSet>("web-1"), nullptr);
}

TEST_F(CollectorTest, OrphaningKeepsDependents) {
  Delete<ReplicaSet>("web-1", "Orphan");
  EXPECT_EQ(Get<ReplicaSet>("web-1"), nullptr);
  ASSERT_EQ(List<Pod>().size(), 2u);
  for (const auto& pod : List<Pod>()) EXPECT_EQ(pod->metadata().ownerreferences_size(), 0);
}

TEST_F(CollectorTest, AnotherLiveOwnerKeepsTheObject) {
  const auto other = api::As<ReplicaSet>(client_->Seed(MakeReplicaSet("other").Build()));
  Change<Pod>("a", [&other](Pod* pod) {
    auto* reference = pod->mutable_metadata()->add_ownerreferences();
    *reference = api::MakeControllerRef(*other);
    reference->set_controller(false);
  });
  Delete<ReplicaSet>("web-1", "Background");
  ASSERT_NE(Get<Pod>("a"), nullptr);
  EXPECT_EQ(Get<Pod>("a")->metadata().ownerreferences_size(), 1);
  EXPECT_EQ(Get<Pod>("b"), nullptr);
}

TEST_F(CollectorTest, FindsWhatWasLeftWhileItWasAway) {
  collector_.reset();
  ASSERT_OK(client::Delete<Deployment>(*client_, {"default", "web"}));
  informers_ = std::make_unique<client::InformerFactory>(client_.get(), &executor_, &random_);
  StartCollector();
  EXPECT_TRUE(List<ReplicaSet>().empty());
  EXPECT_TRUE(List<Pod>().empty());
}

TEST_F(CollectorTest, OwnerOfTheSameNameIsAnother) {
  collector_.reset();
  ASSERT_OK(client::Delete<ReplicaSet>(*client_, {"default", "web-1"}));
  client_->Seed(MakeReplicaSet("web-1").Uid("another").Build());
  informers_ = std::make_unique<client::InformerFactory>(client_.get(), &executor_, &random_);
  StartCollector();
  EXPECT_TRUE(List<Pod>().empty());
  EXPECT_NE(Get<ReplicaSet>("web-1"), nullptr);
}

TEST_F(CollectorTest, AsksTheServerBeforeItDeletes) {
  // The owner is newer than the cache: its kind's watch says nothing, but the server knows it.
  client_->SetFault([](const client::FakeClient::Call& call) {
    return call.resource == "configmaps" && call.verb == "watch" ? absl::UnavailableError("cut") : absl::OkStatus();
  });
  client_->CutWatches();
  Settle();
  ConfigMap owner;
  owner.mutable_metadata()->set_namespace_("default");
  owner.mutable_metadata()->set_name("owner");
  const auto seeded = client_->Seed(owner);
  client_->Seed(MakePod("owned").Owner(*seeded).Build());
  Advance(absl::Seconds(1));
  EXPECT_NE(Get<Pod>("owned"), nullptr);
}

TEST_F(CollectorTest, ClusterScopedOwnersAreFound) {
  const auto node = client_->Seed(api::testing::MakeNode("n1").Build());
  client_->Seed(MakePod("mirror").Owner(*node).Build());
  Settle();
  EXPECT_NE(Get<Pod>("mirror"), nullptr);
  ASSERT_OK(client::Delete<Node>(*client_, {"", "n1"}));
  Settle();
  EXPECT_EQ(Get<Pod>("mirror"), nullptr);
}

TEST_F(CollectorTest, UnservedResourcesDoNotStopIt) {
  collector_.reset();
  client_->SetFault([](const client::FakeClient::Call& call) {
    return call.resource == "ingresses" ? api::UnknownResource() : absl::OkStatus();
  });
  informers_ = std::make_unique<client::InformerFactory>(client_.get(), &executor_, &random_);
  StartCollector();
  Delete<Deployment>("web", "Foreground");
  Advance(absl::Minutes(2));
  EXPECT_EQ(Get<Deployment>("web"), nullptr);
}

}  // namespace
}  // namespace kubelite::controllers
