#include "common/client/informer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/api/testing/builders.h"
#include "common/base/simulated_executor.h"
#include "common/base/testing/status_matchers.h"
#include "common/base/thread_pool.h"
#include "common/client/fake/fake_client.h"

namespace kubelite::client {
namespace {

using api::testing::MakePod;
using k8s::core::v1::Pod;

using Lines = std::vector<std::string>;

class InformerTest : public ::testing::Test {
 protected:
  void Start(Informer::Options options = {}) {
    informer_ = std::make_unique<Informer>(api::ResourceOf<Pod>(), options, client_.get(), &executor_, &random_);
    informer_->AddHandler([this](const ObjectPtr& old_object, const ObjectPtr& new_object) {
      const std::string name = api::KeyOf(new_object ? *new_object : *old_object).name;
      const char* what = old_object == nullptr ? "add " : new_object == nullptr ? "delete " : "update ";
      seen_.push_back(absl::StrCat(what, name));
    });
    informer_->AddIndex("node", [](const Object& object) {
      return std::vector<std::string>{static_cast<const Pod&>(object).spec().nodename()};
    });
    informer_->Start();
    executor_.Settle();
  }
  void Label(const std::string& name, const std::string& value) {
    const auto pod = client::Get<Pod>(*client_, {"default", name});
    ASSERT_OK(pod);
    Pod changed = **pod;
    (*changed.mutable_metadata()->mutable_labels())["v"] = value;
    ASSERT_OK(client::Update(*client_, changed));
  }
  Lines Take() {
    Lines lines;
    lines.swap(seen_);
    return lines;
  }
  int Calls(const std::string& verb) {
    const std::vector<FakeClient::Call> calls = client_->calls();
    return static_cast<int>(
        std::count_if(calls.begin(), calls.end(), [&](const FakeClient::Call& call) { return call.verb == verb; }));
  }
  // The cache equals the server.
  void ExpectInStep() {
    const auto list = client_->List(api::ResourceOf<Pod>(), {});
    ASSERT_OK(list);
    Lines server, cache;
    for (const ObjectPtr& item : list->items)
      server.push_back(api::Meta(*item).name() + api::Meta(*item).resourceversion());
    for (const ObjectPtr& item : informer_->List())
      cache.push_back(api::Meta(*item).name() + api::Meta(*item).resourceversion());
    EXPECT_EQ(cache, server);
  }

  base::SimulatedExecutor executor_{1};
  base::Random random_{1};
  std::unique_ptr<FakeClient> client_ = FakeClient::New(&executor_, &random_);
  Lines seen_;
  std::unique_ptr<Informer> informer_;
};

TEST_F(InformerTest, ListsThenFollowsChangesInOrder) {
  client_->Seed(MakePod("a").Build());
  client_->Seed(MakePod("b").Build());
  Start();
  EXPECT_TRUE(informer_->HasSynced());
  EXPECT_EQ(Take(), (Lines{"add a", "add b"}));
  client_->Seed(MakePod("c").Build());
  Label("a", "1");
  Label("a", "2");
  ASSERT_OK(client::Delete<Pod>(*client_, {"default", "b"}));
  executor_.Settle();
  EXPECT_EQ(Take(), (Lines{"add c", "update a", "update a", "delete b"}));
  EXPECT_EQ(informer_->size(), 2u);
  EXPECT_EQ(informer_->Get({"default", "b"}), nullptr);
  EXPECT_EQ(api::GetLabel(*informer_->Get({"default", "a"}), "v"), "2");
}

TEST_F(InformerTest, QueriesByNamespaceAndIndex) {
  client_->Seed(MakePod("a").Namespace("one").Node("n1").Build());
  client_->Seed(MakePod("b").Namespace("two").Node("n1").Build());
  client_->Seed(MakePod("c").Namespace("two").Build());
  Start();
  EXPECT_EQ(informer_->List().size(), 3u);
  EXPECT_EQ(informer_->List("one").size(), 1u);
  EXPECT_EQ(informer_->List("two").size(), 2u);
  EXPECT_EQ(informer_->List("t").size(), 0u);
  EXPECT_EQ(informer_->ByIndex("node", "n1").size(), 2u);
  k8s::core::v1::Binding binding;
  binding.mutable_target()->set_name("n1");
  ASSERT_OK(client_->CreateSubresource(api::ResourceOf<Pod>(), {"two", "c"}, "binding", binding));
  ASSERT_OK(client::Delete<Pod>(
      *client_, {"one", "a"},
      {.grace_period_seconds = 0, .preconditions = {}, .propagation_policy = "", .dry_run = false}));
  executor_.Settle();
  const Lister<Pod> lister(informer_.get());
  Lines names;
  for (const auto& pod : lister.ByIndex("node", "n1")) names.push_back(pod->metadata().name());
  EXPECT_EQ(names, (Lines{"b", "c"}));
  EXPECT_TRUE(informer_->ByIndex("node", "").empty());
}

TEST_F(InformerTest, ResumesWithoutGapOrDuplicateAfterALostConnection) {
  client_->Seed(MakePod("a").Build());
  Start();
  Take();
  client_->CutWatches();
  client_->Seed(MakePod("b").Build());
  Label("a", "1");
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(Take(), (Lines{"add b", "update a"}));
  EXPECT_EQ(Calls("list"), 1) << "it resumes instead of listing again";
  ExpectInStep();
}

TEST_F(InformerTest, BookmarksMoveTheResumePoint) {
  client_->Seed(MakePod("mine").Node("n1").Build());
  Start({.name_space = "", .field_selector = "spec.nodeName=n1", .label_selector = ""});
  // The poll that brings "mine" also passes the change after it, which is not for this selection: a bookmark tells so.
  Label("mine", "1");
  client_->Seed(MakePod("other").Node("n2").Build());
  executor_.Settle();
  client_->CompactHistory();
  client_->CutWatches();
  executor_.Advance(absl::Seconds(5));
  EXPECT_EQ(Calls("list"), 1) << "the revision of the bookmark is not expired";
  EXPECT_EQ(Calls("watch"), 2);
}

TEST_F(InformerTest, RelistsAfterExpiryAndReportsExactDifferences) {
  for (const char* name : {"gone", "kept", "changed", "replaced"}) client_->Seed(MakePod(name).Build());
  Start();
  Take();
  client_->SetFault([](const FakeClient::Call& call) {
    return call.verb == "watch" || call.verb == "list" ? absl::UnavailableError("down") : absl::OkStatus();
  });
  client_->CutWatches();
  ASSERT_OK(client::Delete<Pod>(*client_, {"default", "gone"}));
  Label("changed", "1");
  Label("changed", "2");
  ASSERT_OK(client::Delete<Pod>(*client_, {"default", "replaced"}));
  client_->Seed(MakePod("replaced").Uid("another").Build());
  client_->Seed(MakePod("new").Build());
  client_->CompactHistory();
  executor_.Advance(absl::Seconds(30));
  EXPECT_EQ(Take(), Lines{});
  EXPECT_TRUE(informer_->HasSynced());
  client_->SetFault(nullptr);
  executor_.Advance(absl::Seconds(10));
  Lines differences = Take();
  ASSERT_FALSE(differences.empty());
  EXPECT_EQ(differences.front(), "delete gone");
  std::sort(differences.begin(), differences.end());
  EXPECT_EQ(differences, (Lines{"add new", "delete gone", "update changed", "update replaced"}));
  EXPECT_EQ(Calls("list") > 1, true);
  Label("new", "1");
  executor_.Settle();
  EXPECT_EQ(Take(), Lines{"update new"});
  client_->SetFault(nullptr);
  ExpectInStep();
}

TEST_F(InformerTest, FailedListsAreRetriedWithBackOff) {
  client_->SetFault([](const FakeClient::Call&) { return absl::UnavailableError("down"); });
  Start();
  EXPECT_FALSE(informer_->HasSynced());
  executor_.Advance(absl::Seconds(60));
  const int attempts = Calls("list");
  EXPECT_GE(attempts, 30);
  EXPECT_LE(attempts, 80);
  client_->SetFault(nullptr);
  executor_.Advance(absl::Seconds(2));
  EXPECT_TRUE(informer_->HasSynced());
}

TEST_F(InformerTest, AnObjectThatLeavesTheSelectionIsDeleted) {
  client_->Seed(MakePod("a").Label("v", "0").Build());
  Start({.name_space = "", .field_selector = "", .label_selector = "v=0"});
  Take();
  Label("a", "1");
  executor_.Settle();
  EXPECT_EQ(Take(), Lines{"delete a"});
  Label("a", "0");
  executor_.Settle();
  EXPECT_EQ(Take(), Lines{"add a"});
}

TEST_F(InformerTest, LongBacklogsArePolledInBatches) {
  Start();
  for (int i = 0; i < 1'000; ++i) client_->Seed(MakePod(absl::StrCat("p", i)).Build());
  executor_.Settle();
  EXPECT_EQ(seen_.size(), 1'000u);
  ExpectInStep();
}

TEST_F(InformerTest, OnSyncedRunsOnceBeforeAndAfter) {
  Informer informer(api::ResourceOf<Pod>(), {}, client_.get(), &executor_, &random_);
  int calls = 0;
  informer.OnSynced([&] { ++calls; });
  executor_.Settle();
  EXPECT_EQ(calls, 0);
  informer.Start();
  executor_.Settle();
  EXPECT_EQ(calls, 1);
  informer.OnSynced([&] { ++calls; });
  EXPECT_EQ(calls, 1) << "never inside OnSynced";
  executor_.Settle();
  EXPECT_EQ(calls, 2);
}

TEST_F(InformerTest, StoppedItIsQuietAndStillReadable) {
  client_->Seed(MakePod("a").Build());
  Start();
  Take();
  informer_->Stop();
  client_->Seed(MakePod("b").Build());
  executor_.Advance(absl::Seconds(10));
  EXPECT_EQ(Take(), Lines{});
  EXPECT_EQ(informer_->size(), 1u);
}

TEST_F(InformerTest, MayBeStoppedFromAHandler) {
  client_->Seed(MakePod("a").Build());
  informer_ =
      std::make_unique<Informer>(api::ResourceOf<Pod>(), Informer::Options(), client_.get(), &executor_, &random_);
  informer_->AddHandler([this](const ObjectPtr&, const ObjectPtr&) {
    seen_.push_back("x");
    informer_->Stop();
  });
  informer_->Start();
  executor_.Settle();
  client_->Seed(MakePod("b").Build());
  executor_.Settle();
  EXPECT_EQ(Take(), Lines{"x"});
}

TEST_F(InformerTest, TheFactorySharesAndCountsInformers) {
  InformerFactory factory(client_.get(), &executor_, &random_);
  Informer* pods = factory.For<Pod>();
  EXPECT_EQ(factory.For<Pod>(), pods);
  EXPECT_NE(factory.For<Pod>({.name_space = "x", .field_selector = "", .label_selector = ""}), pods);
  EXPECT_NE(factory.For<k8s::core::v1::Node>(), pods);
  int synced = 0;
  factory.OnSynced([&] { ++synced; });
  factory.Start();
  executor_.Settle();
  EXPECT_EQ(synced, 1);
  EXPECT_TRUE(factory.HasSynced());
  Informer* late = factory.For<k8s::core::v1::Namespace>();
  EXPECT_FALSE(factory.HasSynced());
  factory.Start();
  executor_.Settle();
  EXPECT_TRUE(late->HasSynced());
}

TEST_F(InformerTest, AnEmptyFactoryIsSynced) {
  InformerFactory factory(client_.get(), &executor_, &random_);
  int synced = 0;
  factory.OnSynced([&] { ++synced; });
  executor_.Settle();
  EXPECT_EQ(synced, 1);
}

// Real threads: writers, cut connections and a reader; handlers never overlap and the cache ends in step.
TEST(InformerStressTest, ConvergesUnderFaultsOnThreads) {
  base::ThreadPool pool(6);
  base::Random random(7);
  const std::unique_ptr<FakeClient> client = FakeClient::New(&pool, &random);
  std::atomic<int> inside = 0, overlaps = 0, additions = 0, deletions = 0;
  Informer informer(api::ResourceOf<Pod>(), {}, client.get(), &pool, &random);
  informer.AddHandler([&](const ObjectPtr& old_object, const ObjectPtr& new_object) {
    if (++inside > 1) ++overlaps;
    if (old_object == nullptr) ++additions;
    if (new_object == nullptr) ++deletions;
    --inside;
  });
  informer.Start();
  std::atomic<int> writers = 3;
  for (int writer = 0; writer < 3; ++writer) {
    pool.Post([&, writer] {
      for (int i = 0; i < 300; ++i) {
        const std::string name = absl::StrCat("w", writer, "-", i % 20);
        if (i % 3 == 2) {
          client->Delete(api::ResourceOf<Pod>(), {"default", name}).IgnoreError();
        } else {
          client->Seed(MakePod(name).Label("i", absl::StrCat(i)).Build());
        }
        if (i % 50 == 25) client->CutWatches();
        if (i % 100 == 75) client->CompactHistory();
      }
      --writers;
    });
  }
  const auto in_step = [&] {
    const auto list = client->List(api::ResourceOf<Pod>(), {});
    const std::vector<ObjectPtr> cached = informer.List();
    return std::equal(list->items.begin(), list->items.end(), cached.begin(), cached.end(),
                      [](const ObjectPtr& a, const ObjectPtr& b) {
                        return api::KeyOf(*a) == api::KeyOf(*b) && api::ResourceVersion(*a) == api::ResourceVersion(*b);
                      });
  };
  while (writers > 0 || !in_step()) std::this_thread::yield();
  informer.Stop();
  EXPECT_EQ(overlaps, 0);
  EXPECT_EQ(static_cast<size_t>(additions - deletions), informer.size());
}

}  // namespace
}  // namespace kubelite::client
