// The services History and StoreAdmin over the wire.

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "apiserver/testing/test_grpc_server.h"
#include "common/api/errors.h"
#include "common/api/time.h"
#include "common/base/testing/status_matchers.h"
#include "common/client/store_client.h"
#include "kubelite/v1/table.pb.h"

namespace kubelite::apiserver {
namespace {

using api::ResourceOf;
using base::StatusIs;
using k8s::core::v1::ConfigMap;

class GrpcStoreTest : public ::testing::Test {
 protected:
  client::GrpcClientOptions OptionsOf(const std::string& user, const std::string& group) const {
    return server_.OptionsFor({.common_name = user, .organizations = {group}});
  }
  void SetUp() override {
    client::GrpcClientOptions options = OptionsOf("admin", "system:masters");
    options.field_manager = "tester";
    client_ = client::NewGrpcClient(options);
    store_ = client::NewGrpcStoreClient(options);
    ConfigMap map;
    map.mutable_metadata()->set_name("a");
    map.mutable_metadata()->set_namespace_("default");
    (*map.mutable_data())["k"] = "1";
    const auto created = client::Create(*client_, map);
    ASSERT_OK(created);
    revision_ = api::ResourceVersion(**created);
    ASSERT_OK(
        client_->Patch(ResourceOf<ConfigMap>(), {"default", "a"}, client::PatchType::kMerge, R"({"data":{"k":"2"}})"));
  }

  TestGrpcServer server_;
  std::unique_ptr<client::Client> client_;
  std::unique_ptr<client::StoreClient> store_;
  int64_t revision_ = 0;
};

TEST_F(GrpcStoreTest, AClientShowsAMoment) {
  ASSERT_OK_AND_ASSIGN(const client::Moment moment, store_->ResolveMoment(absl::StrCat(revision_)));
  EXPECT_EQ(moment.revision, revision_);
  client::GrpcClientOptions options = OptionsOf("admin", "system:masters");
  // A year later: the table's age shows whose time counts.
  options.at = client::Moment{moment.revision, moment.time + absl::Hours(24 * 365)};
  const auto past = client::NewGrpcClient(options);
  ASSERT_OK_AND_ASSIGN(const auto map, client::Get<ConfigMap>(*past, {"default", "a"}));
  EXPECT_EQ(map->data().at("k"), "1");
  ASSERT_OK_AND_ASSIGN(const auto maps, client::List<ConfigMap>(*past, {.name_space = "default"}));
  ASSERT_EQ(maps.size(), 1u);
  EXPECT_EQ(maps[0]->data().at("k"), "1");
  ASSERT_OK_AND_ASSIGN(const auto table, past->GetTable(ResourceOf<ConfigMap>(), {"default", "a"}));
  EXPECT_EQ(table.rows(0).cells(2), "365d");
  ASSERT_OK_AND_ASSIGN(const auto list, past->ListTable(ResourceOf<ConfigMap>(), {.name_space = "default"}));
  EXPECT_EQ(list.table->rows(0).cells(2), "365d");
  EXPECT_THAT(client::Create(*past, *map), StatusIs(absl::StatusCode::kFailedPrecondition, "only reads"));
  EXPECT_THAT(past->Watch(ResourceOf<ConfigMap>(), {}, [] {}).status(),
              StatusIs(absl::StatusCode::kFailedPrecondition, "only reads"));
}

TEST_F(GrpcStoreTest, HistoryTellsWhoDidWhat) {
  ASSERT_OK(client::Delete<ConfigMap>(*client_, {"default", "a"}));
  ASSERT_OK_AND_ASSIGN(const auto history, store_->GetHistory(ResourceOf<ConfigMap>(), {"default", "a"}, 0));
  ASSERT_EQ(history.changes_size(), 3);
  EXPECT_EQ(history.changes(0).by().verb(), "delete");
  EXPECT_FALSE(history.changes(0).has_object());
  EXPECT_EQ(history.changes(1).by().verb(), "patch");
  EXPECT_EQ(history.changes(1).by().field_manager(), "tester");
  EXPECT_EQ(history.changes(1).by().user_agent(), "") << "gRPC's own name says nothing";
  EXPECT_TRUE(history.changes(2).created());
  EXPECT_EQ(history.changes(2).by().user(), "admin");
  EXPECT_EQ(history.changes(2).revision(), revision_);
  EXPECT_FALSE(history.more());
  ASSERT_OK_AND_ASSIGN(const auto newest, store_->GetHistory(ResourceOf<ConfigMap>(), {"default", "a"}, 1));
  EXPECT_EQ(newest.changes_size(), 1);
  EXPECT_TRUE(newest.changes(0).has_previous());
  EXPECT_TRUE(newest.more());
}

TEST_F(GrpcStoreTest, TheStoreIsForAdministrators) {
  ASSERT_OK_AND_ASSIGN(const auto stats, store_->GetStats());
  EXPECT_GE(stats.revision(), revision_);
  ASSERT_OK(store_->GetKey("/registry/core/configmaps/default/a", 0));
  const auto alice = client::NewGrpcStoreClient(OptionsOf("alice", "staff"));
  EXPECT_OK(alice->ResolveMoment("-0s"));
  const absl::Status refused = alice->GetStats().status();
  EXPECT_TRUE(api::IsForbidden(refused)) << refused;
  EXPECT_EQ(refused.message(), "forbidden: User \"alice\" cannot get path \"/debug/store/stats\"");
  EXPECT_TRUE(api::IsForbidden(alice->ListKeys({}).status()));
  EXPECT_TRUE(api::IsForbidden(alice->SaveSnapshot("x").status()));
  EXPECT_TRUE(api::IsForbidden(alice->GetHistory(ResourceOf<ConfigMap>(), {"default", "a"}, 0).status()));
}

}  // namespace
}  // namespace kubelite::apiserver
