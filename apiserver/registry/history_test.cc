#include "absl/strings/match.h"
#include "apiserver/registry/registry_fixture.h"
#include "k8s/autoscaling/v1.pb.h"

// The past of objects: moments, reads of old revisions, who changed what.
namespace kubelite::apiserver {
namespace {

using base::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kBad = absl::StatusCode::kInvalidArgument;

class HistoryTest : public RegistryTest {
 protected:
  store::Revision Current() { return server_.store().CurrentRevision(); }
  void Scale(int replicas) {
    ASSERT_OK(client_->Patch(ResourceOf<Deployment>(), {"default", "d"}, client::PatchType::kMerge,
                             absl::StrCat(R"({"spec":{"replicas":)", replicas, "}}"), "", {.field_manager = "tester"}));
  }
  absl::StatusOr<Registry::History> HistoryOf(const std::string& name, int64_t limit = 0,
                                              const std::string& up_to = "") {
    Request request{.verb = "get", .group = "apps", .version = "v1", .resource = "deployments"};
    request.name_space = "default";
    request.name = name;
    request.limit = limit;
    request.resource_version = up_to;
    return server_.registry().GetHistory(request);
  }
  absl::StatusOr<ObjectPtr> GetAt(const std::string& name, store::Revision revision) {
    Request request{.user = {"admin", {"system:masters"}}, .verb = "get", .group = "apps", .version = "v1"};
    request.resource = "deployments";
    request.name_space = "default";
    request.name = name;
    request.resource_version = absl::StrCat(revision);
    request.resource_version_match = "Exact";
    return server_.server().Unary(&request, nullptr);
  }
  static std::string Text(const Registry::History& history) {
    std::string text;
    for (const Registry::ObjectChange& change : history.changes) {
      const auto* now = static_cast<const Deployment*>(change.object.get());
      const auto* before = static_cast<const Deployment*>(change.previous.get());
      absl::StrAppend(&text, change.by.verb(), change.by.subresource(), change.created ? "+" : "", ":",
                      before == nullptr ? "-" : absl::StrCat(before->spec().replicas()), ">",
                      now == nullptr ? "-" : absl::StrCat(now->spec().replicas()), " ");
    }
    return text;
  }
};

TEST_F(HistoryTest, EveryWriteTellsWhoAndWhen) {
  ASSERT_OK(Create(MakeDeployment("d")));
  executor_.Advance(absl::Minutes(1));
  Scale(3);
  const auto bob = server_.ClientFor("bob", {"system:masters"});
  k8s::autoscaling::v1::Scale scale;
  scale.mutable_metadata()->set_name("d");
  scale.mutable_metadata()->set_namespace_("default");
  scale.mutable_spec()->set_replicas(5);
  ASSERT_OK(bob->Update(ResourceOf<Deployment>(), scale, "scale"));
  ASSERT_OK(bob->Delete(ResourceOf<Deployment>(), {"default", "d"}));
  ASSERT_OK_AND_ASSIGN(const auto history, HistoryOf("d"));
  EXPECT_EQ(Text(history), "delete:5>- updatescale:3>5 patch:1>3 create+:->1 ");
  EXPECT_EQ(history.changes[0].by.user(), "bob");
  EXPECT_EQ(history.changes[2].by.user(), "admin");
  EXPECT_EQ(history.changes[2].by.field_manager(), "tester");
  EXPECT_EQ(history.changes[2].time, executor_.clock().Now());
  EXPECT_EQ(history.changes[3].time, executor_.clock().Now() - absl::Minutes(1));
  EXPECT_TRUE(api::IsNotFound(HistoryOf("never").status()));
}

TEST_F(HistoryTest, APageTellsWhetherThereIsMore) {
  ASSERT_OK(Create(MakeDeployment("d")));
  for (int replicas = 2; replicas <= 100; ++replicas) Scale(replicas);
  ASSERT_OK_AND_ASSIGN(const auto newest, HistoryOf("d", 2));
  EXPECT_EQ(Text(newest), "patch:99>100 patch:98>99 ");
  EXPECT_TRUE(newest.more);
  ASSERT_OK_AND_ASSIGN(const auto next, HistoryOf("d", 1, absl::StrCat(newest.changes.back().revision - 1)));
  EXPECT_EQ(Text(next), "patch:97>98 ");
  ASSERT_OK_AND_ASSIGN(const auto all, HistoryOf("d"));
  EXPECT_EQ(all.changes.size(), 100u);
  EXPECT_FALSE(all.more);
  ASSERT_OK_AND_ASSIGN(const auto exactly, HistoryOf("d", 100));
  EXPECT_FALSE(exactly.more);
  EXPECT_THAT(HistoryOf("d", 1, "x"), StatusIs(kBad, "invalid revision"));
}

TEST_F(HistoryTest, CompactionShortensIt) {
  ASSERT_OK(Create(MakeDeployment("d")));
  Scale(2);
  Scale(3);
  ASSERT_OK(server_.store().Compact(Current()));
  Scale(4);
  ASSERT_OK_AND_ASSIGN(const auto history, HistoryOf("d"));
  EXPECT_EQ(Text(history), "patch:3>4 patch:->3 ") << "what was before the oldest is not known";
}

TEST_F(HistoryTest, DryRunsOfSubresourcesWriteNothing) {
  ASSERT_OK(Create(MakeDeployment("d")));
  const auto revision = Current();
  k8s::autoscaling::v1::Scale scale;
  scale.mutable_metadata()->set_name("d");
  scale.mutable_metadata()->set_namespace_("default");
  scale.mutable_spec()->set_replicas(5);
  ASSERT_OK(client_->Update(ResourceOf<Deployment>(), scale, "scale", {.dry_run = true}));
  EXPECT_EQ(Current(), revision);
}

TEST_F(HistoryTest, AnObjectIsReadAsItWas) {
  ASSERT_OK_AND_ASSIGN(const auto created, Create(MakeDeployment("d")));
  Scale(3);
  ASSERT_OK_AND_ASSIGN(const ObjectPtr then, GetAt("d", api::ResourceVersion(*created)));
  EXPECT_EQ(static_cast<const Deployment&>(*then).spec().replicas(), 1);
  EXPECT_TRUE(api::IsNotFound(GetAt("d", api::ResourceVersion(*created) - 1).status()));
  const absl::Status future = GetAt("d", 1000).status();
  EXPECT_THAT(std::string(future.message()), HasSubstr("Too large resource version: 1000, current: "));
}

TEST_F(HistoryTest, WhatIsNoLongerKeptNamesTheOldestAndTheFlag) {
  ASSERT_OK(Create(MakeDeployment("d")));
  executor_.Advance(absl::Hours(1));
  Scale(2);
  Scale(3);
  const store::Revision oldest = Current() - 1;
  ASSERT_OK(server_.store().Compact(oldest));
  const std::string rest = absl::StrCat("; the oldest that can be read is revision ", oldest, " of ",
                                        api::FormatRfc3339(executor_.clock().Now()),
                                        " (--retention and --retention-bytes of kube-lite-apiserver say what is kept)");
  const absl::Status get = GetAt("d", 2).status();
  EXPECT_TRUE(api::IsExpired(get));
  EXPECT_EQ(get.message(), absl::StrCat("The resourceVersion 2 is too old: it is no longer kept", rest));
  const absl::Status list =
      client_->List(ResourceOf<Deployment>(), {.resource_version = "2", .resource_version_match = "Exact"}).status();
  EXPECT_TRUE(api::IsExpired(list));
  EXPECT_TRUE(absl::EndsWith(list.message(), rest)) << list;
  for (const char* at : {"2", "-30m", "1970-01-01T00:00:00Z"}) {
    const absl::Status status = server_.registry().ResolveMoment(at).status();
    EXPECT_TRUE(api::IsExpired(status)) << status;
    EXPECT_TRUE(absl::EndsWith(status.message(), rest)) << status;
  }
}

TEST_F(HistoryTest, MomentsAreRevisionsAgesAndTimes) {
  const absl::Time begun = executor_.clock().Now();
  executor_.Advance(absl::Minutes(10));
  ASSERT_OK(Create(MakeDeployment("d")));
  const store::Revision first = Current();
  executor_.Advance(absl::Minutes(10));
  Scale(3);
  executor_.Advance(absl::Minutes(10));
  const auto resolve = [&](const std::string& at) {
    const auto moment = server_.registry().ResolveMoment(at);
    if (!moment.ok()) return moment.status().ToString();
    return absl::StrCat(moment->revision - first, " ", absl::ToInt64Minutes(moment->time - begun));
  };
  EXPECT_EQ(resolve(absl::StrCat(first)), "0 10");
  EXPECT_EQ(resolve(absl::StrCat(first + 1)), "1 20");
  EXPECT_EQ(resolve("-10m"), "1 20") << "what was written at that very time counts";
  EXPECT_EQ(resolve("-10m1s"), "0 19");
  EXPECT_EQ(resolve("-15m"), "0 15");
  EXPECT_EQ(resolve("-0s"), "1 30");
  EXPECT_EQ(resolve(api::FormatRfc3339(begun + absl::Minutes(12))), "0 12");
}

TEST_F(HistoryTest, WrongMomentsAreExplained) {
  ASSERT_OK(Create(MakeDeployment("d")));
  const auto resolve = [&](const std::string& at) { return server_.registry().ResolveMoment(at); };
  for (const char* at : {"", "yesterday", "10m", "-", "-x", "--1s", "2026-13-01T00:00:00Z"}) {
    EXPECT_THAT(resolve(at), StatusIs(kBad, "names no moment; write a revision (1234), an age (-10m) or a time")) << at;
  }
  EXPECT_THAT(resolve("2999-01-01T00:00:00Z"), StatusIs(kBad, "is in the future: the server's clock says "));
  EXPECT_THAT(resolve("100000"), StatusIs(kBad, "revision 100000 has not been written; the newest is "));
  EXPECT_THAT(resolve("0"), StatusIs(kBad, "revision 0 has not been written"));
}

TEST_F(HistoryTest, TablesTellAgesAsOfThen) {
  ASSERT_OK_AND_ASSIGN(const auto created, Create(MakeDeployment("d")));
  executor_.Advance(absl::Hours(2));
  const absl::Time created_at = executor_.clock().Now() - absl::Hours(2);
  kubelite::v1::Table table;
  server_.registry().Print(ResourceOf<Deployment>(), {created}, &table, created_at + absl::Minutes(5));
  ASSERT_EQ(table.columns(4).name(), "Age");
  EXPECT_EQ(table.rows(0).cells(4), "5m");
}

}  // namespace
}  // namespace kubelite::apiserver
