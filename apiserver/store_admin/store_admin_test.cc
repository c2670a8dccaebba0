#include "apiserver/store_admin/store_admin.h"

#include "apiserver/registry/registry_fixture.h"

namespace kubelite::apiserver {
namespace {

using base::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class StoreAdminTest : public RegistryTest {
 protected:
  kubelite::v1::ListKeysResponse List(const std::string& prefix, int64_t limit = 0, const std::string& start = "") {
    kubelite::v1::ListKeysRequest request;
    request.set_prefix(prefix);
    request.set_limit(limit);
    request.set_start(start);
    const auto response = server_.store_admin().ListKeys(request);
    EXPECT_OK(response);
    return response.value_or(kubelite::v1::ListKeysResponse());
  }
  absl::StatusOr<kubelite::v1::StoredValue> GetKey(const std::string& key, int64_t revision = 0) {
    kubelite::v1::GetKeyRequest request;
    request.set_key(key);
    request.set_revision(revision);
    return server_.store_admin().GetKey(request);
  }
  static std::vector<std::string> Keys(const kubelite::v1::ListKeysResponse& response) {
    std::vector<std::string> keys;
    for (const auto& info : response.keys()) keys.push_back(info.key());
    return keys;
  }
};

TEST_F(StoreAdminTest, KeysAreListedInPages) {
  for (const char* name : {"a", "b", "c"}) ASSERT_OK(Create(MakeConfigMap(name)));
  const auto first = List("/registry/core/configmaps/", 2);
  EXPECT_THAT(Keys(first), ElementsAre("/registry/core/configmaps/default/a", "/registry/core/configmaps/default/b"));
  EXPECT_GT(first.keys(0).value_bytes(), 0);
  EXPECT_EQ(first.keys(0).version(), 1);
  const auto rest = List("/registry/core/configmaps/", 2, first.next());
  EXPECT_THAT(Keys(rest), ElementsAre("/registry/core/configmaps/default/c"));
  EXPECT_EQ(rest.next(), "");
}

TEST_F(StoreAdminTest, AValueTellsWhoWroteItAndWhen) {
  ASSERT_OK_AND_ASSIGN(const auto created, Create(MakeConfigMap("a")));
  const absl::Time then = executor_.clock().Now();
  executor_.Advance(absl::Minutes(1));
  ASSERT_OK(client_->Patch(ResourceOf<ConfigMap>(), {"default", "a"}, client::PatchType::kMerge,
                           R"({"data":{"x":"1"}})", "", {.field_manager = "tester"}));
  ASSERT_OK_AND_ASSIGN(const auto now, GetKey("/registry/core/configmaps/default/a"));
  EXPECT_EQ(now.by().user(), "admin");
  EXPECT_EQ(now.by().verb(), "patch");
  EXPECT_EQ(now.by().field_manager(), "tester");
  EXPECT_EQ(now.info().version(), 2);
  ASSERT_OK_AND_ASSIGN(const auto before,
                       GetKey("/registry/core/configmaps/default/a", api::ResourceVersion(*created)));
  EXPECT_EQ(before.by().verb(), "create");
  EXPECT_EQ(api::FromProto(before.time()), then);
}

TEST_F(StoreAdminTest, MissingAndForgottenKeysAreTold) {
  EXPECT_TRUE(api::IsNotFound(GetKey("/registry/none").status()));
  ASSERT_OK(Create(MakeConfigMap("a")));
  ASSERT_OK(Create(MakeConfigMap("b")));
  ASSERT_OK(server_.store().Compact(server_.store().CurrentRevision()));
  const absl::Status gone = GetKey("/registry/core/configmaps/default/a", 1).status();
  EXPECT_TRUE(api::IsExpired(gone)) << gone;
  EXPECT_THAT(std::string(gone.message()), HasSubstr("--retention"));
}

TEST_F(StoreAdminTest, StatsCountKeysAndHistory) {
  ASSERT_OK_AND_ASSIGN(const auto before, server_.store_admin().GetStats());
  ASSERT_OK(Create(MakeConfigMap("a")));
  ASSERT_OK_AND_ASSIGN(const auto after, server_.store_admin().GetStats());
  EXPECT_EQ(after.keys(), before.keys() + 1);
  EXPECT_EQ(after.revision(), server_.store().CurrentRevision());
  EXPECT_EQ(after.oldest_revision(), 1);
}

TEST_F(StoreAdminTest, SnapshotsNeedADirectoryAndAName) {
  kubelite::v1::SaveSnapshotRequest request;
  EXPECT_THAT(server_.store_admin().SaveSnapshot(request),
              StatusIs(absl::StatusCode::kInvalidArgument, "start it with --snapshot-dir"));
  StoreAdmin admin({.store = &server_.store(), .clock = &executor_.clock(), .snapshot_dir = "/nonexistent/snapshots"});
  request.set_name("../up");
  EXPECT_THAT(admin.SaveSnapshot(request), StatusIs(absl::StatusCode::kInvalidArgument, "snapshot name \"../up\""));
}

}  // namespace
}  // namespace kubelite::apiserver
