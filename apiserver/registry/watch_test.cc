#include "apiserver/registry/registry_fixture.h"

namespace kubelite::apiserver {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class WatchTest : public RegistryTest {
 protected:
  void SetData(const std::string& name, const std::string& value) {
    ASSERT_OK(client_->Patch(ResourceOf<ConfigMap>(), {"default", name}, client::PatchType::kMerge,
                             absl::StrCat(R"({"data":{"k":")", value, R"("}})")));
  }
  void SetLabel(const std::string& name, const std::string& value) {
    ASSERT_OK(client_->Patch(ResourceOf<ConfigMap>(), {"default", name}, client::PatchType::kMerge,
                             absl::StrCat(R"({"metadata":{"labels":{"x":)", value, R"(}}})")));
  }
  std::string Now() { return absl::StrCat(server_.store().CurrentRevision()); }
};

TEST_F(WatchTest, BeginsWithThePresentState) {
  ASSERT_OK(Create(MakeConfigMap("a")));
  const auto watch = Watch<ConfigMap>();
  ASSERT_OK(Create(MakeConfigMap("b")));
  SetData("a", "1");
  ASSERT_OK(client::Delete<ConfigMap>(*client_, {"default", "b"}));
  EXPECT_THAT(Texts(watch.get()), ElementsAre("ADDED a", "ADDED b", "MODIFIED a", "DELETED b"));
  EXPECT_THAT(Texts(watch.get()), IsEmpty());
}

TEST_F(WatchTest, ResumesAfterARevision) {
  ASSERT_OK_AND_ASSIGN(const auto a, Create(MakeConfigMap("a")));
  ASSERT_OK(Create(MakeConfigMap("b")));
  const auto watch = Watch<ConfigMap>({.resource_version = a->metadata().resourceversion()});
  EXPECT_THAT(Texts(watch.get()), ElementsAre("ADDED b"));
}

TEST_F(WatchTest, TellsWhenThereIsSomething) {
  const auto watch = Watch<ConfigMap>({.resource_version = Now()});
  EXPECT_THAT(Texts(watch.get()), IsEmpty());
  const int before = ready_;
  ASSERT_OK(Create(MakeConfigMap("a")));
  EXPECT_GT(ready_, before);
  EXPECT_THAT(Texts(watch.get()), ElementsAre("ADDED a"));
}

TEST_F(WatchTest, DeletedObjectsCarryTheRevisionOfTheDeletion) {
  ASSERT_OK(Create(MakeConfigMap("a")));
  SetData("a", "last");
  const auto watch = Watch<ConfigMap>({.resource_version = Now()});
  ASSERT_OK(client::Delete<ConfigMap>(*client_, {"default", "a"}));
  ASSERT_OK_AND_ASSIGN(const auto events, watch->Poll(10));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].resource_version, Now());
  EXPECT_EQ(api::Meta(*events[0].object).resourceversion(), Now());
  EXPECT_EQ(static_cast<const ConfigMap&>(*events[0].object).data().at("k"), "last");
}

TEST_F(WatchTest, ObjectsThatStartOrStopMatchingAreAddedOrDeleted) {
  ASSERT_OK(Create(MakeConfigMap("a")));
  const auto watch = Watch<ConfigMap>({.label_selector = "x=1", .resource_version = Now()});
  SetData("a", "unseen");
  SetLabel("a", "\"1\"");
  SetData("a", "seen");
  SetLabel("a", "\"2\"");
  SetData("a", "unseen again");
  ASSERT_OK(client::Delete<ConfigMap>(*client_, {"default", "a"}));
  ASSERT_OK_AND_ASSIGN(const auto events, watch->Poll(10));
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].type, WatchEvent::Type::kAdded);
  EXPECT_EQ(events[1].type, WatchEvent::Type::kModified);
  EXPECT_EQ(events[2].type, WatchEvent::Type::kDeleted);
  // In its last matching state, with the revision of the change that ended it.
  EXPECT_EQ(static_cast<const ConfigMap&>(*events[2].object).data().at("k"), "seen");
  EXPECT_EQ(api::Meta(*events[2].object).labels().at("x"), "1");
  EXPECT_EQ(api::Meta(*events[2].object).resourceversion(), events[2].resource_version);
  EXPECT_GT(events[2].resource_version, events[1].resource_version);
}

TEST_F(WatchTest, NarrowsToNamespaceAndName) {
  const auto in_namespace = Watch<ConfigMap>({.name_space = "kube-system", .resource_version = Now()});
  const auto one =
      Watch<ConfigMap>({.name_space = "default", .field_selector = "metadata.name=a", .resource_version = Now()});
  ASSERT_OK(Create(MakeConfigMap("a")));
  ASSERT_OK(Create(MakeConfigMap("ab")));
  ASSERT_OK(Create(MakeConfigMap("c", "kube-system")));
  EXPECT_THAT(Texts(in_namespace.get()), ElementsAre("ADDED c"));
  EXPECT_THAT(Texts(one.get()), ElementsAre("ADDED a"));
}

TEST_F(WatchTest, PodsOfANode) {
  const auto watch = Watch<Pod>({.field_selector = "spec.nodeName=n1", .resource_version = Now()});
  ASSERT_OK(Create(MakePod("p")));
  EXPECT_THAT(Texts(watch.get()), IsEmpty());
  k8s::core::v1::Binding binding;
  binding.mutable_metadata()->set_name("p");
  binding.mutable_target()->set_name("n1");
  ASSERT_OK(client_->CreateSubresource(ResourceOf<Pod>(), {"default", "p"}, "binding", binding));
  EXPECT_THAT(Texts(watch.get()), ElementsAre("ADDED p"));
  ASSERT_OK(client_->Delete(ResourceOf<Pod>(), {"default", "p"}));
  EXPECT_THAT(Texts(watch.get()), ElementsAre("MODIFIED p"));
  ASSERT_OK(client_->Delete(ResourceOf<Pod>(), {"default", "p"}, {.grace_period_seconds = 0}));
  EXPECT_THAT(Texts(watch.get()), ElementsAre("DELETED p"));
}

TEST_F(WatchTest, BookmarksTellTheProgressOfAQuietWatch) {
  const auto watch = Watch<ConfigMap>({.resource_version = Now()});
  const auto without = Watch<ConfigMap>({.resource_version = Now(), .allow_bookmarks = false});
  EXPECT_THAT(Texts(watch.get()), IsEmpty());
  ASSERT_OK(Create(MakePod("elsewhere")));
  EXPECT_THAT(Texts(watch.get()), IsEmpty());
  const int before = ready_;
  executor_.Advance(absl::Seconds(61));
  EXPECT_GT(ready_, before);
  ASSERT_OK_AND_ASSIGN(const auto events, watch->Poll(10));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].type, WatchEvent::Type::kBookmark);
  EXPECT_EQ(events[0].resource_version, Now());
  executor_.Advance(absl::Seconds(61));
  EXPECT_THAT(Texts(watch.get()), IsEmpty());  // nothing new to say
  EXPECT_THAT(Texts(without.get()), IsEmpty());
}

TEST_F(WatchTest, TimesOut) {
  const auto watch = Watch<ConfigMap>({.resource_version = Now(), .timeout_seconds = 10});
  executor_.Advance(absl::Seconds(9));
  EXPECT_OK(watch->Poll(10));
  executor_.Advance(absl::Seconds(2));
  EXPECT_THAT(watch->Poll(10), base::StatusIs(absl::StatusCode::kUnavailable, "watch timed out"));
}

TEST_F(WatchTest, CompactedAndUnknownRevisionsAreExpired) {
  ASSERT_OK_AND_ASSIGN(const auto a, Create(MakeConfigMap("a")));
  ASSERT_OK(Create(MakeConfigMap("b")));
  ASSERT_OK(Create(MakeConfigMap("c")));
  ASSERT_OK(server_.store().Compact(server_.store().CurrentRevision()));
  const auto expired = [this](const std::string& version) {
    const auto watch = client_->Watch(ResourceOf<ConfigMap>(), {.resource_version = version}, [] {});
    return watch.ok() ? (*watch)->Poll(10).status() : watch.status();
  };
  EXPECT_TRUE(api::IsExpired(expired(a->metadata().resourceversion())));
  EXPECT_TRUE(api::IsExpired(expired("100000")));
  EXPECT_EQ(api::ToApiStatus(expired("abc")).code(), 400);
}

TEST_F(WatchTest, ReadersInSmallStepsMissNothing) {
  const auto watch = Watch<ConfigMap>({.label_selector = "x", .resource_version = Now()});
  for (int i = 0; i < 30; ++i) {
    ConfigMap map = MakeConfigMap(absl::StrCat("m", i));
    if (i % 3 == 0) (*map.mutable_metadata()->mutable_labels())["x"] = "";
    ASSERT_OK(Create(map));
  }
  std::vector<std::string> names;
  for (;;) {
    ASSERT_OK_AND_ASSIGN(const auto events, watch->Poll(2));
    for (const WatchEvent& event : events) names.push_back(api::Meta(*event.object).name());
    if (events.size() < 2) break;
  }
  EXPECT_THAT(names, ElementsAre("m0", "m3", "m6", "m9", "m12", "m15", "m18", "m21", "m24", "m27"));
}

TEST_F(WatchTest, WatchersShareObjects) {
  const auto one = Watch<ConfigMap>({.resource_version = Now()});
  const auto two = Watch<ConfigMap>({.resource_version = Now()});
  ASSERT_OK(Create(MakeConfigMap("a")));
  ASSERT_OK_AND_ASSIGN(const auto first, one->Poll(1));
  ASSERT_OK_AND_ASSIGN(const auto second, two->Poll(1));
  EXPECT_EQ(first[0].object.get(), second[0].object.get());
}

TEST_F(WatchTest, TablesHaveColumnsOnce) {
  const auto watch = Watch<ConfigMap>({.resource_version = Now(), .as_table = true});
  ASSERT_OK(Create(MakeConfigMap("a")));
  ASSERT_OK(Create(MakeConfigMap("b")));
  ASSERT_OK_AND_ASSIGN(const auto events, watch->Poll(10));
  ASSERT_EQ(events.size(), 2u);
  EXPECT_GT(events[0].table->columns_size(), 0);
  EXPECT_EQ(events[1].table->columns_size(), 0);
  EXPECT_EQ(events[1].table->rows(0).cells(0), "b");
}

}  // namespace
}  // namespace kubelite::apiserver
