#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "common/api/stored.h"
#include "common/api/time.h"
#include "k8s/apps/v1.pb.h"
#include "k8s/core/v1.pb.h"
#include "k8s/meta/v1.pb.h"
#include "kubectl-lite/commands/testing/command_line.h"

// The past: --at, history, debug store: whole command lines against a fake API server.
namespace kubelite::cli {
namespace {

using absl::StrContains;
using k8s::apps::v1::Deployment;
using k8s::apps::v1::ReplicaSet;

class HistoryTest : public testing::Test {
 protected:
  static Deployment MakeDeployment(int replicas) {
    Deployment deployment;
    deployment.mutable_metadata()->set_name("hello");
    deployment.mutable_metadata()->set_namespace_("default");
    deployment.mutable_metadata()->set_uid("u1");
    deployment.mutable_spec()->set_replicas(replicas);
    (*deployment.mutable_spec()->mutable_selector()->mutable_matchlabels())["app"] = "hello";
    return deployment;
  }
  static kubelite::v1::WriteNote By(const std::string& user, const std::string& verb) {
    kubelite::v1::WriteNote note;
    note.set_user(user);
    note.set_verb(verb);
    note.set_field_manager("kubectl-lite");
    return note;
  }
  // Adds an older change; null: a deletion.
  kubelite::v1::ObjectChange* AddChange(int64_t revision, int minutes_ago, const kubelite::v1::WriteNote& by,
                                        const api::Object* object) {
    auto* change = line_.store().histories["deployments/default/hello"].add_changes();
    change->set_revision(revision);
    api::ToProto(line_.clock().Now() - absl::Minutes(minutes_ago), change->mutable_time());
    *change->mutable_by() = by;
    if (object != nullptr) change->mutable_object()->PackFrom(*object);
    return change;
  }
  // Created with three, scaled to five by bob, deleted by carol.
  void FillHistory() {
    AddChange(30, 1, By("carol", "delete"), nullptr);
    Deployment five = MakeDeployment(5);
    five.mutable_metadata()->set_resourceversion("20");
    auto by = By("bob", "patch");
    by.set_subresource("scale");
    AddChange(20, 5, by, &five);
    Deployment three = MakeDeployment(3);
    three.mutable_metadata()->set_resourceversion("10");
    AddChange(10, 60, By("alice", "create"), &three)->set_created(true);
  }

  CommandLine line_;
};

TEST_F(HistoryTest, GetShowsAMoment) {
  const auto three = line_.client().Seed(MakeDeployment(3));
  line_.client().Seed(MakeDeployment(5));
  line_.store().moments["-10m"] = {api::ResourceVersion(*three), line_.clock().Now() - absl::Minutes(10)};
  ASSERT_EQ(line_.Run({"get", "deploy", "hello", "-o", "yaml", "--at", "-10m"}), 0) << line_.err();
  EXPECT_TRUE(StrContains(line_.out(), "replicas: 3")) << line_.out();
  ASSERT_EQ(line_.Run({"get", "deploy", "hello", "-o", "yaml"}), 0);
  EXPECT_TRUE(StrContains(line_.out(), "replicas: 5")) << line_.out();
  ASSERT_EQ(line_.Run({"get", "deploy", "--at=-10m"}), 0) << line_.err();
  EXPECT_EQ(line_.out(), "NAME\nhello\n");
  line_.store().moments["1"] = {api::ResourceVersion(*three) - 1, line_.clock().Now()};
  EXPECT_EQ(line_.Run({"get", "deploy", "hello", "--at", "1"}), 1);
  EXPECT_EQ(line_.err(), "Error from server (NotFound): deployments.apps \"hello\" not found\n");
}

TEST_F(HistoryTest, WrongMomentsAreExplained) {
  EXPECT_EQ(line_.Run({"get", "pods", "--at", "-10h"}), 1);
  EXPECT_EQ(line_.err(), "Error from server (Expired): nothing is kept of -10h\n");
  for (const char* watch : {"-w", "--watch-only"}) {
    EXPECT_EQ(line_.Run({"get", "pods", "--at", "-10m", watch}), 1);
    EXPECT_TRUE(absl::StartsWith(line_.err(),
                                 "error: --at shows the past, which does not change: it cannot be used "
                                 "together with --watch"))
        << line_.err();
  }
}

TEST_F(HistoryTest, DescribeShowsWhatBelongedToItThen) {
  const auto deployment = line_.client().Seed(MakeDeployment(3));
  ReplicaSet set;
  set.mutable_metadata()->set_name("hello-1");
  set.mutable_metadata()->set_namespace_("default");
  (*set.mutable_metadata()->mutable_labels())["app"] = "hello";
  const std::string revision = "deployment.kubernetes.io/revision";
  (*set.mutable_metadata()->mutable_annotations())[revision] = "1";
  *set.mutable_metadata()->add_ownerreferences() = api::MakeControllerRef(*deployment);
  k8s::core::v1::Event event;
  event.mutable_metadata()->set_name("e");
  event.mutable_metadata()->set_namespace_("default");
  event.mutable_involvedobject()->set_kind("Deployment");
  event.mutable_involvedobject()->set_name("hello");
  event.mutable_involvedobject()->set_uid("u1");
  event.set_reason("ScaledUp");
  const absl::Time then = line_.clock().Now() - absl::Hours(1);
  api::ToProto(then - absl::Minutes(2), event.mutable_firsttimestamp());
  api::ToProto(then - absl::Minutes(2), event.mutable_lasttimestamp());
  line_.client().Seed(event);
  const auto before = line_.client().Seed(set);
  set.mutable_metadata()->set_name("hello-2");
  line_.client().Seed(set);
  line_.store().moments["-1h"] = {api::ResourceVersion(*before), then};
  ASSERT_EQ(line_.Run({"describe", "deployment", "hello", "--at", "-1h"}), 0) << line_.err();
  EXPECT_TRUE(StrContains(line_.out(), "hello-1")) << line_.out();
  EXPECT_FALSE(StrContains(line_.out(), "hello-2")) << line_.out();
  EXPECT_TRUE(StrContains(line_.out(), "ScaledUp  2m   ")) << line_.out();
}

TEST_F(HistoryTest, HistoryTellsWhoChangedWhat) {
  FillHistory();
  ASSERT_EQ(line_.Run({"history", "deployment", "hello"}), 0) << line_.err();
  EXPECT_EQ(line_.out(),
            "REVISION   AGE   WHO     VERB          CHANGED\n"
            "10         60m   alice   create        <created>\n"
            "20         5m    bob     patch scale   spec.replicas 3->5\n"
            "30         60s   carol   delete        <deleted>\n");
  EXPECT_EQ(line_.store().last_limit, 20);
  ASSERT_EQ(line_.Run({"history", "deploy/hello", "--limit", "0", "-o", "wide"}), 0) << line_.err();
  EXPECT_EQ(line_.store().last_limit, 0);
  EXPECT_TRUE(StrContains(line_.out(), "PROGRAM")) << line_.out();
  EXPECT_TRUE(StrContains(line_.out(), "kubectl-lite")) << line_.out();
}

TEST_F(HistoryTest, WhatIsNoLongerKeptIsSaid) {
  Deployment five = MakeDeployment(5);
  AddChange(20, 5, By("bob", "patch"), &five);
  line_.store().histories["deployments/default/hello"].set_more(true);
  ASSERT_EQ(line_.Run({"history", "deployment", "hello"}), 0) << line_.err();
  EXPECT_TRUE(StrContains(line_.out(), "<the state before is no longer kept>")) << line_.out();
  EXPECT_TRUE(StrContains(line_.err(), "--limit 0 shows all")) << line_.err();
  const Deployment three = MakeDeployment(3);
  line_.store().histories["deployments/default/hello"].mutable_changes(0)->mutable_previous()->PackFrom(three);
  ASSERT_EQ(line_.Run({"history", "deployment", "hello"}), 0) << line_.err();
  EXPECT_TRUE(StrContains(line_.out(), "spec.replicas 3->5")) << line_.out();
}

TEST_F(HistoryTest, HistoryAsDifferencesAndAsData) {
  FillHistory();
  ASSERT_EQ(line_.Run({"history", "deployment", "hello", "--diff"}), 0) << line_.err();
  EXPECT_TRUE(StrContains(line_.out(), "--- revision 10\n+++ revision 20\n")) << line_.out();
  EXPECT_TRUE(StrContains(line_.out(), "-  replicas: 3\n+  replicas: 5\n")) << line_.out();
  EXPECT_TRUE(StrContains(line_.out(), "--- /dev/null\n+++ revision 10\n")) << line_.out();
  ASSERT_EQ(line_.Run({"history", "deployment", "hello", "-o", "yaml"}), 0) << line_.err();
  EXPECT_TRUE(absl::StartsWith(line_.out(), "apiVersion: kubelite.dev/v1\n")) << line_.out();
  EXPECT_TRUE(StrContains(line_.out(), "  - path: spec.replicas\n    before: \"3\"\n    after: \"5\"\n"))
      << line_.out();
  ASSERT_EQ(line_.Run({"history", "deployment", "hello", "-o", "json"}), 0) << line_.err();
  EXPECT_TRUE(StrContains(line_.out(), "\"user\": \"carol\"")) << line_.out();
}

TEST_F(HistoryTest, ValuesOfSecretsAreHidden) {
  auto& history = line_.store().histories["secrets/default/s"];
  k8s::core::v1::Secret secret;
  secret.mutable_metadata()->set_name("s");
  for (const char* password : {"new", "old"}) {
    auto* change = history.add_changes();
    (*secret.mutable_data())["password"] = password;
    change->set_revision(2 - history.changes_size() + 1);
    change->mutable_object()->PackFrom(secret);
  }
  ASSERT_EQ(line_.Run({"history", "secret", "s"}), 0) << line_.err();
  EXPECT_TRUE(StrContains(line_.out(), "data.password ***->***")) << line_.out();
}

TEST_F(HistoryTest, HistoryRefusesWhatIsUnclear) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"history"},
                                             {"history", "pods"},
                                             {"history", "pods", "a", "b"},
                                             {"history", "pods", "a", "--limit", "-1"},
                                             {"history", "pods", "a", "-o", "name"},
                                             {"history", "pods", "a", "-o", "yaml", "--diff"}}) {
    EXPECT_EQ(line_.Run(words), 1);
    EXPECT_EQ(line_.connections(), 0) << "usage errors come before the first request";
  }
  EXPECT_EQ(line_.Run({"history", "pod", "gone"}), 1);
  EXPECT_EQ(line_.err(), "Error from server (NotFound): pods \"gone\" not found\n");
}

class DebugStoreTest : public HistoryTest {
 protected:
  void Add(const std::string& key, const std::string& value) {
    kubelite::v1::StoredValue& stored = line_.store().values[key];
    stored.set_value(value);
    stored.mutable_info()->set_key(key);
    stored.mutable_info()->set_create_revision(3);
    stored.mutable_info()->set_mod_revision(7);
    stored.mutable_info()->set_version(2);
    stored.mutable_info()->set_value_bytes(static_cast<int64_t>(value.size()));
    *stored.mutable_by() = By("bob", "patch");
    api::ToProto(line_.clock().Now(), stored.mutable_time());
  }
};

TEST_F(DebugStoreTest, LsListsKeysPageByPage) {
  for (const char* key : {"/registry/a", "/registry/b", "/registry/c", "/other"}) Add(key, "v");
  ASSERT_EQ(line_.Run({"debug", "store", "ls", "/registry/"}), 0) << line_.err();
  EXPECT_EQ(line_.out(), "/registry/a\n/registry/b\n/registry/c\n");
  ASSERT_EQ(line_.Run({"debug", "store", "ls", "/registry/c", "-o", "wide"}), 0) << line_.err();
  EXPECT_EQ(line_.out(),
            "KEY           CREATED   REVISION   VERSION   BYTES   LEASE\n"
            "/registry/c   3         7          2         1       <none>\n");
  ASSERT_EQ(line_.Run({"debug", "store", "ls", "/none"}), 0);
  EXPECT_EQ(line_.err(), "No keys found.\n");
}

TEST_F(DebugStoreTest, GetDecodesObjects) {
  Add("/registry/apps/deployments/default/hello", api::EncodeStored(MakeDeployment(3)));
  Add("/registry/raw", "bytes");
  ASSERT_EQ(line_.Run({"debug", "store", "get", "/registry/apps/deployments/default/hello"}), 0) << line_.err();
  EXPECT_TRUE(StrContains(line_.out(), "# revision 7, created in 3, version 2, ")) << line_.out();
  EXPECT_TRUE(StrContains(line_.out(), " by bob (patch)\n")) << line_.out();
  EXPECT_TRUE(StrContains(line_.out(), "replicas: 3\n")) << line_.out();
  ASSERT_EQ(line_.Run({"debug", "store", "get", "/registry/raw", "-o", "raw"}), 0) << line_.err();
  EXPECT_EQ(line_.out(), "bytes");
  EXPECT_EQ(line_.Run({"debug", "store", "get", "/registry/raw"}), 1);
}

TEST_F(DebugStoreTest, StatsAreForPeople) {
  line_.store().stats.set_revision(1000);
  line_.store().stats.set_oldest_revision(10);
  line_.store().stats.set_disk_bytes(3 << 20);
  api::ToProto(line_.clock().Now() - absl::Hours(1), line_.store().stats.mutable_oldest_time());
  ASSERT_EQ(line_.Run({"debug", "store", "stats"}), 0) << line_.err();
  EXPECT_TRUE(StrContains(line_.out(), "Revision:         1000\n")) << line_.out();
  EXPECT_TRUE(StrContains(line_.out(), ", 60m ago)\n")) << line_.out();
  EXPECT_TRUE(StrContains(line_.out(), "Disk:             3.0 MiB\n")) << line_.out();
}

}  // namespace
}  // namespace kubelite::cli
