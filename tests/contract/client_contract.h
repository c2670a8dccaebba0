#pragma once

// What every client::Client promises, as tests. A program that has an implementation includes this file in one unit and
// says
//   INSTANTIATE_TEST_SUITE_P(Fake, ClientContract, ::testing::Values(ClientFactory(&NewFakeWorld)));

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/api/testing/builders.h"
#include "common/base/testing/status_matchers.h"
#include "common/client/client.h"
#include "k8s/core/v1.pb.h"
#include "k8s/meta/v1.pb.h"
#include "kubelite/v1/table.pb.h"

namespace kubelite::client {

// A fresh, empty API server (with the namespace "default") and a client of it.
class ClientWorld {
 public:
  virtual ~ClientWorld() = default;
  virtual Client& client() = 0;
  // Lets background work go on until `condition` holds; false when it never does.
  virtual bool Eventually(const std::function<bool()>& condition) = 0;
  // Ends all open watches as a lost connection does.
  virtual void CutWatches() = 0;
};
using ClientFactory = std::function<std::unique_ptr<ClientWorld>()>;

class ClientContract : public ::testing::TestWithParam<ClientFactory> {
 protected:
  using ConfigMap = k8s::core::v1::ConfigMap;
  using Pod = k8s::core::v1::Pod;

  // Collects a watch.
  class Watcher {
   public:
    Watcher(ClientWorld* world, const ResourceInfo& resource, const WatchOptions& options) : world_(world) {
      absl::StatusOr<std::unique_ptr<WatchStream>> stream =
          world->client().Watch(resource, options, [ready = ready_] { ++*ready; });
      if (stream.ok()) {
        stream_ = *std::move(stream);
      } else {
        end_ = stream.status();
      }
    }
    // Everything until `count` changes (bookmarks not counted) are there or the watch ended.
    const std::vector<WatchEvent>& Await(size_t count) {
      world_->Eventually([&] {
        Drain();
        return changes_.size() >= count || !end_.ok();
      });
      return changes_;
    }
    absl::Status AwaitEnd() {
      world_->Eventually([&] {
        Drain();
        return !end_.ok();
      });
      return end_;
    }
    // "ADDED a", ... in order.
    std::vector<std::string> Names(size_t count) {
      std::vector<std::string> names;
      for (const WatchEvent& event : Await(count)) {
        const char* type = event.type == WatchEvent::Type::kAdded      ? "ADDED "
                           : event.type == WatchEvent::Type::kModified ? "MODIFIED "
                                                                       : "DELETED ";
        names.push_back(absl::StrCat(type, event.object ? api::KeyOf(*event.object).name : "(table)"));
      }
      return names;
    }
    const std::string& revision() const { return revision_; }
    int ready() const { return *ready_; }

   private:
    void Drain() {
      constexpr size_t kBatch = 10;
      while (stream_ != nullptr && end_.ok()) {
        const absl::StatusOr<std::vector<WatchEvent>> events = stream_->Poll(kBatch);
        if (!events.ok()) {
          end_ = events.status();
          return;
        }
        for (const WatchEvent& event : *events) {
          revision_ = event.resource_version;
          if (event.type != WatchEvent::Type::kBookmark) changes_.push_back(event);
        }
        if (events->size() < kBatch) return;
      }
    }

    ClientWorld* const world_;
    const std::shared_ptr<std::atomic<int>> ready_ = std::make_shared<std::atomic<int>>(0);
    std::vector<WatchEvent> changes_;
    std::string revision_;
    absl::Status end_;
    std::unique_ptr<WatchStream> stream_;  // last: it ends first
  };

  static ConfigMap Map(const std::string& name, const std::string& value = "",
                       const std::map<std::string, std::string>& labels = {}) {
    ConfigMap map;
    map.mutable_metadata()->set_name(name);
    map.mutable_metadata()->set_namespace_("default");
    map.mutable_metadata()->mutable_labels()->insert(labels.begin(), labels.end());
    if (!value.empty()) (*map.mutable_data())["key"] = value;
    return map;
  }
  static const ResourceInfo& Maps() { return api::ResourceOf<ConfigMap>(); }
  static const ResourceInfo& Pods() { return api::ResourceOf<Pod>(); }

  Client& client() { return world_->client(); }
  std::string Revision() {
    const absl::StatusOr<ListResult> list = client().List(Maps(), {});
    return list.ok() ? list->resource_version : "";
  }
  std::vector<std::string> ListNames(const ListOptions& options) {
    const absl::StatusOr<ListResult> list = client().List(Maps(), options);
    EXPECT_OK(list);
    std::vector<std::string> names;
    if (!list.ok()) return names;
    for (const ObjectPtr& item : list->items) names.push_back(api::KeyOf(*item).name);
    return names;
  }
  static WatchOptions From(const std::string& revision) {
    WatchOptions options;
    options.name_space = "default";
    options.resource_version = revision;
    return options;
  }

  const std::unique_ptr<ClientWorld> world_ = GetParam()();
};

using Names = std::vector<std::string>;

TEST_P(ClientContract, CreateFillsInWhatTheServerOwns) {
  ASSERT_OK_AND_ASSIGN(const auto created, Create(client(), Map("a", "1")));
  EXPECT_EQ(created->metadata().name(), "a");
  EXPECT_FALSE(created->metadata().uid().empty());
  EXPECT_FALSE(created->metadata().resourceversion().empty());
  EXPECT_TRUE(created->metadata().has_creationtimestamp());
  ASSERT_OK_AND_ASSIGN(const auto read, Get<ConfigMap>(client(), {"default", "a"}));
  EXPECT_EQ(read->SerializeAsString(), created->SerializeAsString());
  EXPECT_EQ(read->data().at("key"), "1");
}

TEST_P(ClientContract, GenerateNameMakesDistinctNames) {
  ConfigMap map = Map("");
  map.mutable_metadata()->clear_name();
  map.mutable_metadata()->set_generatename("made-");
  ASSERT_OK_AND_ASSIGN(const auto first, Create(client(), map));
  ASSERT_OK_AND_ASSIGN(const auto second, Create(client(), map));
  EXPECT_EQ(first->metadata().name().rfind("made-", 0), 0u);
  EXPECT_NE(first->metadata().name(), second->metadata().name());
}

TEST_P(ClientContract, ErrorsKeepTheirReasons) {
  ASSERT_OK(Create(client(), Map("a")));
  EXPECT_TRUE(api::IsAlreadyExists(Create(client(), Map("a")).status()));
  const absl::Status missing = Get<ConfigMap>(client(), {"default", "none"}).status();
  EXPECT_TRUE(api::IsNotFound(missing));
  EXPECT_EQ(missing.message(), "configmaps \"none\" not found");
  EXPECT_TRUE(api::IsNotFound(Delete<ConfigMap>(client(), {"default", "none"})));
  EXPECT_TRUE(api::IsNotFound(
      client().Patch(Maps(), {"default", "none"}, PatchType::kMerge, "{}", "", WriteOptions()).status()));
  ConfigMap nameless = Map("");
  nameless.mutable_metadata()->clear_name();
  EXPECT_TRUE(api::IsInvalid(Create(client(), nameless).status()));
}

TEST_P(ClientContract, UpdatesCompareAndSet) {
  ASSERT_OK_AND_ASSIGN(const auto created, Create(client(), Map("a", "1")));
  ConfigMap mine = *created;
  (*mine.mutable_data())["key"] = "2";
  ASSERT_OK_AND_ASSIGN(const auto updated, Update(client(), mine));
  EXPECT_NE(updated->metadata().resourceversion(), created->metadata().resourceversion());
  EXPECT_EQ(updated->metadata().uid(), created->metadata().uid());
  const absl::Status stale = Update(client(), mine).status();
  EXPECT_TRUE(api::IsConflict(stale)) << stale;
  ASSERT_OK_AND_ASSIGN(const auto read, Get<ConfigMap>(client(), {"default", "a"}));
  EXPECT_EQ(read->data().at("key"), "2");
}

TEST_P(ClientContract, AnUpdateThatChangesNothingKeepsTheRevision) {
  ASSERT_OK_AND_ASSIGN(const auto created, Create(client(), Map("a", "1")));
  ASSERT_OK_AND_ASSIGN(const auto updated, Update(client(), *created));
  EXPECT_EQ(updated->metadata().resourceversion(), created->metadata().resourceversion());
}

TEST_P(ClientContract, MergePatchesChangeOnlyWhatTheyName) {
  ASSERT_OK(Create(client(), Map("a", "1", {{"x", "y"}})));
  ASSERT_OK_AND_ASSIGN(const ObjectPtr patched,
                       client().Patch(Maps(), {"default", "a"}, PatchType::kMerge,
                                      R"({"data":{"key":null,"other":"2"}})", "", WriteOptions()));
  const auto map = api::As<ConfigMap>(patched);
  EXPECT_EQ(map->data().count("key"), 0u);
  EXPECT_EQ(map->data().at("other"), "2");
  EXPECT_EQ(map->metadata().labels().at("x"), "y");
}

TEST_P(ClientContract, SpecAndStatusAreWrittenApart) {
  ASSERT_OK_AND_ASSIGN(const auto created, Create(client(), api::testing::MakePod("p").Phase("Running").Build()));
  EXPECT_EQ(created->status().phase(), "Pending") << "a new pod's status is the server's";
  Pod pod = *created;
  pod.mutable_status()->set_phase("Running");
  (*pod.mutable_metadata()->mutable_labels())["x"] = "y";
  ASSERT_OK_AND_ASSIGN(const auto spec_written, Update(client(), pod));
  EXPECT_EQ(spec_written->status().phase(), "Pending");
  EXPECT_EQ(spec_written->metadata().labels().at("x"), "y");
  pod = *spec_written;
  pod.mutable_status()->set_phase("Running");
  pod.mutable_spec()->mutable_containers(0)->set_image("other:1");
  ASSERT_OK_AND_ASSIGN(const auto status_written, Update(client(), pod, "status"));
  EXPECT_EQ(status_written->status().phase(), "Running");
  EXPECT_NE(status_written->spec().containers(0).image(), "other:1");
}

TEST_P(ClientContract, BindingAssignsAPodOnce) {
  ASSERT_OK(Create(client(), api::testing::MakePod("p").Build()));
  k8s::core::v1::Binding binding;
  binding.mutable_metadata()->set_name("p");
  binding.mutable_metadata()->set_namespace_("default");
  binding.mutable_target()->set_kind("Node");
  binding.mutable_target()->set_name("n1");
  ASSERT_OK(client().CreateSubresource(Pods(), {"default", "p"}, "binding", binding));
  ASSERT_OK_AND_ASSIGN(const auto pod, Get<Pod>(client(), {"default", "p"}));
  EXPECT_EQ(pod->spec().nodename(), "n1");
  binding.mutable_target()->set_name("n2");
  EXPECT_TRUE(api::IsConflict(client().CreateSubresource(Pods(), {"default", "p"}, "binding", binding).status()));
}

TEST_P(ClientContract, APodOnANodeIsDeletedGracefully) {
  ASSERT_OK(Create(client(), api::testing::MakePod("p").Node("n1").Build()));
  DeleteOptions options;
  options.grace_period_seconds = 20;
  ASSERT_OK(client().Delete(Pods(), {"default", "p"}, options));
  ASSERT_OK_AND_ASSIGN(const auto waiting, Get<Pod>(client(), {"default", "p"}));
  EXPECT_TRUE(waiting->metadata().has_deletiontimestamp());
  EXPECT_EQ(waiting->metadata().deletiongraceperiodseconds(), 20);
  options.grace_period_seconds = 0;
  ASSERT_OK(client().Delete(Pods(), {"default", "p"}, options));
  EXPECT_TRUE(api::IsNotFound(Get<Pod>(client(), {"default", "p"}).status()));
}

TEST_P(ClientContract, FinalizersDelayADeletion) {
  ConfigMap map = Map("a");
  map.mutable_metadata()->add_finalizers("example.com/hold");
  ASSERT_OK(Create(client(), map));
  ASSERT_OK(Delete<ConfigMap>(client(), {"default", "a"}));
  ASSERT_OK_AND_ASSIGN(const auto held, Get<ConfigMap>(client(), {"default", "a"}));
  EXPECT_TRUE(held->metadata().has_deletiontimestamp());
  map = *held;
  map.mutable_metadata()->clear_finalizers();
  ASSERT_OK(Update(client(), map));
  EXPECT_TRUE(api::IsNotFound(Get<ConfigMap>(client(), {"default", "a"}).status()));
}

TEST_P(ClientContract, PreconditionsGuardADeletion) {
  ASSERT_OK_AND_ASSIGN(const auto created, Create(client(), Map("a")));
  DeleteOptions options;
  options.preconditions.uid = "another";
  EXPECT_TRUE(api::IsConflict(client().Delete(Maps(), {"default", "a"}, options).status()));
  options.preconditions = {created->metadata().uid(), created->metadata().resourceversion()};
  EXPECT_OK(client().Delete(Maps(), {"default", "a"}, options));
}

TEST_P(ClientContract, DryRunsChangeNothing) {
  WriteOptions options;
  options.dry_run = true;
  EXPECT_OK(client().Create(Maps(), Map("a"), options));
  EXPECT_TRUE(api::IsNotFound(Get<ConfigMap>(client(), {"default", "a"}).status()));
}

TEST_P(ClientContract, ListsSelect) {
  ASSERT_OK(Create(client(), Map("a", "", {{"app", "web"}, {"tier", "front"}})));
  ASSERT_OK(Create(client(), Map("b", "", {{"app", "web"}})));
  ASSERT_OK(Create(client(), Map("c", "", {{"app", "db"}})));
  const auto select = [](const std::string& labels, const std::string& fields) {
    ListOptions options;
    options.name_space = "default";
    options.label_selector = labels;
    options.field_selector = fields;
    return options;
  };
  EXPECT_EQ(ListNames(select("app=web", "")), (Names{"a", "b"}));
  EXPECT_EQ(ListNames(select("app in (web,db),!tier", "")), (Names{"b", "c"}));
  EXPECT_EQ(ListNames(select("", "metadata.name=c")), Names{"c"});
  EXPECT_EQ(ListNames(select("app=none", "")), Names{});
  EXPECT_EQ(client().List(Maps(), select("a==b==c", "")).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(client().List(Maps(), select("", "data=x")).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_P(ClientContract, ListsArePaged) {
  for (int i = 0; i < 5; ++i) ASSERT_OK(Create(client(), Map(absl::StrCat("m", i), "", {{"page", "1"}})));
  ListOptions options;
  options.name_space = "default";
  options.label_selector = "page=1";
  EXPECT_EQ(ListNames(options).size(), 5u) << "without a limit all pages are fetched";
  options.limit = 2;
  Names names;
  int pages = 0;
  do {
    ASSERT_OK_AND_ASSIGN(const ListResult page, client().List(Maps(), options));
    EXPECT_LE(page.items.size(), 2u);
    for (const ObjectPtr& item : page.items) names.push_back(api::KeyOf(*item).name);
    options.continue_token = page.continue_token;
    ASSERT_LE(++pages, 5);
  } while (!options.continue_token.empty());
  EXPECT_EQ(names, (Names{"m0", "m1", "m2", "m3", "m4"}));
}

TEST_P(ClientContract, AWatchShowsEachChangeOnceInOrder) {
  Watcher watcher(world_.get(), Maps(), From(Revision()));
  ASSERT_OK_AND_ASSIGN(const auto created, Create(client(), Map("a", "1")));
  ConfigMap map = *created;
  (*map.mutable_data())["key"] = "2";
  ASSERT_OK(Update(client(), map));
  ASSERT_OK(Create(client(), Map("b")));
  ASSERT_OK(Delete<ConfigMap>(client(), {"default", "a"}));
  EXPECT_EQ(watcher.Names(4), (Names{"ADDED a", "MODIFIED a", "ADDED b", "DELETED a"}));
  EXPECT_GT(watcher.ready(), 0);
  int64_t last = 0;
  for (const WatchEvent& event : watcher.Await(4)) {
    EXPECT_EQ(event.resource_version, api::Meta(*event.object).resourceversion());
    EXPECT_GT(api::ResourceVersion(*event.object), last);
    last = api::ResourceVersion(*event.object);
  }
  EXPECT_EQ(static_cast<const ConfigMap&>(*watcher.Await(4)[3].object).data().at("key"), "2") << "the last known state";
}

TEST_P(ClientContract, AWatchResumesWhereAnotherEnded) {
  std::string revision;
  {
    Watcher watcher(world_.get(), Maps(), From(Revision()));
    ASSERT_OK(Create(client(), Map("a")));
    watcher.Await(1);
    world_->CutWatches();
    EXPECT_EQ(watcher.AwaitEnd().code(), absl::StatusCode::kUnavailable);
    revision = watcher.revision();
  }
  ASSERT_OK(Create(client(), Map("b")));
  Watcher resumed(world_.get(), Maps(), From(revision));
  ASSERT_OK(Create(client(), Map("c")));
  EXPECT_EQ(resumed.Names(2), (Names{"ADDED b", "ADDED c"}));
}

TEST_P(ClientContract, AWatchWithoutARevisionStartsWithWhatIsThere) {
  ASSERT_OK(Create(client(), Map("a", "", {{"w", "1"}})));
  WatchOptions options = From("");
  options.label_selector = "w=1";
  Watcher watcher(world_.get(), Maps(), options);
  ASSERT_OK(Create(client(), Map("b", "", {{"w", "1"}})));
  EXPECT_EQ(watcher.Names(2), (Names{"ADDED a", "ADDED b"}));
}

TEST_P(ClientContract, ASelectionSeesObjectsComeAndGo) {
  WatchOptions options = From(Revision());
  options.label_selector = "app=web";
  Watcher watcher(world_.get(), Maps(), options);
  ASSERT_OK_AND_ASSIGN(auto map, Create(client(), Map("a", "", {{"app", "db"}})));
  const auto relabel = [&](const std::string& value) {
    ConfigMap changed = *map;
    (*changed.mutable_metadata()->mutable_labels())["app"] = value;
    const auto updated = Update(client(), changed);
    ASSERT_OK(updated);
    map = *updated;
  };
  relabel("web");
  relabel("cache");
  relabel("web");
  ASSERT_OK(Delete<ConfigMap>(client(), {"default", "a"}));
  EXPECT_EQ(watcher.Names(4), (Names{"ADDED a", "DELETED a", "ADDED a", "DELETED a"}));
}

TEST_P(ClientContract, AWatchEndsAfterItsTimeout) {
  WatchOptions options = From(Revision());
  options.timeout_seconds = 1;
  Watcher watcher(world_.get(), Maps(), options);
  EXPECT_EQ(watcher.AwaitEnd().code(), absl::StatusCode::kUnavailable);
}

TEST_P(ClientContract, LongBacklogsArriveWhole) {
  const std::string revision = Revision();
  Names expected;
  for (int i = 0; i < 300; ++i) {
    ASSERT_OK(Create(client(), Map(absl::StrCat("m", i))));
    expected.push_back(absl::StrCat("ADDED m", i));
  }
  Watcher watcher(world_.get(), Maps(), From(revision));
  EXPECT_EQ(watcher.Names(300), expected);
}

TEST_P(ClientContract, ACollectionIsDeletedBySelection) {
  ASSERT_OK(Create(client(), Map("a", "", {{"app", "web"}})));
  ASSERT_OK(Create(client(), Map("b", "", {{"app", "db"}})));
  ListOptions selection;
  selection.name_space = "default";
  selection.label_selector = "app=web";
  ASSERT_OK(client().DeleteCollection(Maps(), selection));
  EXPECT_TRUE(api::IsNotFound(Get<ConfigMap>(client(), {"default", "a"}).status()));
  EXPECT_OK(Get<ConfigMap>(client(), {"default", "b"}));
}

TEST_P(ClientContract, JsonBodiesAreDecodedByTheServer) {
  ASSERT_OK_AND_ASSIGN(const ObjectPtr created, client().CreateJson(Maps(), "default",
                                                                    R"({"apiVersion":"v1","kind":"ConfigMap",)"
                                                                    R"("metadata":{"name":"j"},"data":{"key":"1"}})",
                                                                    WriteOptions()));
  EXPECT_EQ(api::KeyOf(*created), (ObjectKey{"default", "j"}));
  const absl::Status unknown = client()
                                   .CreateJson(Maps(), "default",
                                               R"({"apiVersion":"v1","kind":"ConfigMap",)"
                                               R"("metadata":{"name":"k"},"dta":{}})",
                                               {.field_validation = "Strict"})
                                   .status();
  EXPECT_EQ(unknown.code(), absl::StatusCode::kInvalidArgument) << unknown;
  EXPECT_NE(unknown.message().find("dta"), absl::string_view::npos) << unknown;
}

TEST_P(ClientContract, TablesHaveARowPerObject) {
  ASSERT_OK(Create(client(), Map("a", "", {{"t", "1"}})));
  ASSERT_OK(Create(client(), Map("b", "", {{"t", "1"}})));
  ListOptions options;
  options.name_space = "default";
  options.label_selector = "t=1";
  ASSERT_OK_AND_ASSIGN(const Client::TableList list, client().ListTable(Maps(), options));
  ASSERT_EQ(list.table->rows_size(), 2);
  EXPECT_EQ(list.table->columns(0).name(), "Name");
  EXPECT_EQ(list.table->rows(0).cells(0), "a");
  EXPECT_EQ(list.table->rows(1).metadata().name(), "b");
  ASSERT_OK_AND_ASSIGN(const kubelite::v1::Table one, client().GetTable(Maps(), {"default", "a"}));
  EXPECT_EQ(one.rows_size(), 1);
  EXPECT_TRUE(api::IsNotFound(client().GetTable(Maps(), {"default", "none"}).status()));
}

TEST_P(ClientContract, AnEndedStreamMayBeDroppedAtAnyTime) {
  for (int i = 0; i < 20; ++i) {
    Watcher watcher(world_.get(), Maps(), From(Revision()));
    ASSERT_OK(Create(client(), Map(absl::StrCat("m", i))));
    if (i % 2 == 0) watcher.Await(1);
  }
}

}  // namespace kubelite::client
