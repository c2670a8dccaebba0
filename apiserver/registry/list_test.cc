#include "apiserver/registry/continue_token.h"
#include "apiserver/registry/object_cache.h"
#include "apiserver/registry/registry_fixture.h"

namespace kubelite::apiserver {
namespace {

using base::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ListTest : public RegistryTest {
 protected:
  void CreateMaps(int count) {
    for (int i = 0; i < count; ++i) ASSERT_OK(Create(MakeConfigMap(absl::StrCat("m", i))));
  }
  absl::StatusOr<client::ListResult> List(const client::ListOptions& options) {
    return client_->List(ResourceOf<ConfigMap>(), options);
  }
  static std::string NamesOf(const client::ListResult& list) {
    std::string names;
    for (const ObjectPtr& object : list.items) absl::StrAppend(&names, api::Meta(*object).name(), " ");
    return names;
  }
};

TEST_F(ListTest, ListsByNamespaceThenName) {
  ASSERT_OK(Create(MakeConfigMap("b")));
  ASSERT_OK(Create(MakeConfigMap("c", "kube-system")));
  ASSERT_OK(Create(MakeConfigMap("a")));
  EXPECT_THAT(Names<ConfigMap>(), ElementsAre("a", "b", "c"));
  EXPECT_THAT(Names<ConfigMap>({.name_space = "kube-system"}), ElementsAre("c"));
  EXPECT_THAT(Names<ConfigMap>({.name_space = "kube"}), IsEmpty());
}

TEST_F(ListTest, SelectorsFilter) {
  Pod labelled = MakePod("labelled", "n1");
  (*labelled.mutable_metadata()->mutable_labels())["app"] = "x";
  ASSERT_OK(Create(labelled));
  ASSERT_OK(Create(MakePod("plain", "n2")));
  EXPECT_THAT(Names<Pod>({.label_selector = "app in (x,y)"}), ElementsAre("labelled"));
  EXPECT_THAT(Names<Pod>({.label_selector = "!app"}), ElementsAre("plain"));
  EXPECT_THAT(Names<Pod>({.field_selector = "spec.nodeName=n2"}), ElementsAre("plain"));
  EXPECT_THAT(Names<Pod>({.field_selector = "status.phase!=Pending"}), IsEmpty());
  EXPECT_THAT(Names<Pod>({.field_selector = "metadata.name=plain,metadata.namespace=default"}), ElementsAre("plain"));
  EXPECT_THAT(Names<Pod>({.name_space = "default", .field_selector = "metadata.name=plai"}), IsEmpty());
}

TEST_F(ListTest, BadSelectorsAreExplained) {
  EXPECT_THAT(client_->List(ResourceOf<Pod>(), {.field_selector = "spec.color=red"}),
              StatusIs(absl::StatusCode::kInvalidArgument, "field label not supported: spec.color"));
  EXPECT_THAT(List({.field_selector = "spec.color=red"}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "\"spec.color\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""));
  EXPECT_EQ(api::ToApiStatus(List({.label_selector = "a in"}).status()).code(), 400);
}

TEST_F(ListTest, PagesShowOneSnapshotWhileWritesGoOn) {
  CreateMaps(5);
  ASSERT_OK_AND_ASSIGN(const auto first, List({.limit = 2}));
  EXPECT_EQ(NamesOf(first), "m0 m1 ");
  EXPECT_EQ(first.remaining_item_count, 3);
  ASSERT_OK(client::Delete<ConfigMap>(*client_, {"default", "m2"}));
  ASSERT_OK(Create(MakeConfigMap("m25")));
  ASSERT_OK_AND_ASSIGN(const auto second, List({.limit = 2, .continue_token = first.continue_token}));
  EXPECT_EQ(NamesOf(second), "m2 m3 ");
  EXPECT_EQ(second.remaining_item_count, 1);
  EXPECT_EQ(second.resource_version, first.resource_version);
  ASSERT_OK_AND_ASSIGN(const auto last, List({.limit = 2, .continue_token = second.continue_token}));
  EXPECT_EQ(NamesOf(last), "m4 ");
  EXPECT_EQ(last.continue_token, "");
}

TEST_F(ListTest, PagesWithSelectorsHoldNoCount) {
  for (int i = 0; i < 6; ++i) {
    ConfigMap map = MakeConfigMap(absl::StrCat("m", i));
    if (i % 2 == 0) (*map.mutable_metadata()->mutable_labels())["even"] = "";
    ASSERT_OK(Create(map));
  }
  ASSERT_OK_AND_ASSIGN(const auto first, List({.label_selector = "even", .limit = 2}));
  EXPECT_EQ(NamesOf(first), "m0 m2 ");
  EXPECT_EQ(first.remaining_item_count, 0);
  ASSERT_OK_AND_ASSIGN(const auto last,
                       List({.label_selector = "even", .limit = 2, .continue_token = first.continue_token}));
  EXPECT_EQ(NamesOf(last), "m4 ");
  EXPECT_EQ(last.continue_token, "");
}

TEST_F(ListTest, ReadsTheStateOfAnyKeptRevision) {
  ASSERT_OK_AND_ASSIGN(const auto one, Create(MakeConfigMap("a")));
  ASSERT_OK(Create(MakeConfigMap("b")));
  ASSERT_OK_AND_ASSIGN(const auto then, List({.resource_version = one->metadata().resourceversion(),
                                              .resource_version_match = "Exact"}));
  EXPECT_EQ(NamesOf(then), "a ");
  ASSERT_OK_AND_ASSIGN(const auto now, List({.resource_version = one->metadata().resourceversion(),
                                             .resource_version_match = "NotOlderThan"}));
  EXPECT_EQ(NamesOf(now), "a b ");
}

TEST_F(ListTest, CompactedSnapshotsAreExpired) {
  CreateMaps(3);
  ASSERT_OK_AND_ASSIGN(const auto first, List({.limit = 1}));
  ASSERT_OK(Create(MakeConfigMap("later")));
  ASSERT_OK(server_.store().Compact(server_.store().CurrentRevision()));
  const absl::Status status = List({.limit = 1, .continue_token = first.continue_token}).status();
  EXPECT_TRUE(api::IsExpired(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("The provided continue parameter is too old to display a consistent list result."));
  // The answer holds a token that goes on with the latest state.
  const std::string token = api::ToApiStatus(status).metadata().continue_();
  ASSERT_OK_AND_ASSIGN(const auto rest, List({.continue_token = token}));
  EXPECT_EQ(NamesOf(rest), "m1 m2 ");
  EXPECT_TRUE(
      api::IsExpired(List({.resource_version = first.resource_version, .resource_version_match = "Exact"}).status()));
}

TEST_F(ListTest, BadListOptionsAreRefused) {
  CreateMaps(2);
  EXPECT_THAT(List({.continue_token = "rubbish!"}),
              StatusIs(absl::StatusCode::kInvalidArgument, "invalid continue token"));
  EXPECT_THAT(List({.continue_token = "eyJ2IjoieCJ9"}),
              StatusIs(absl::StatusCode::kInvalidArgument, "invalid continue token"));
  EXPECT_THAT(List({.resource_version = "x"}),
              StatusIs(absl::StatusCode::kInvalidArgument, "invalid resource version"));
  EXPECT_THAT(
      List({.resource_version_match = "Exact"}),
      StatusIs(
          absl::StatusCode::kInvalidArgument,
          "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided"));
  const absl::Status future = List({.resource_version = "999"}).status();
  EXPECT_EQ(api::ToApiStatus(future).code(), 504);
  EXPECT_THAT(std::string(future.message()), HasSubstr("Too large resource version: 999, current: "));
}

TEST_F(ListTest, UnchangedObjectsAreDecodedOnce) {
  CreateMaps(2);
  ASSERT_OK_AND_ASSIGN(const auto one, List({}));
  ASSERT_OK_AND_ASSIGN(const auto two, List({}));
  EXPECT_EQ(one.items[0].get(), two.items[0].get());
}

TEST_F(ListTest, TablesHaveTheKindsColumns) {
  ASSERT_OK(Create(MakePod("p")));
  ASSERT_OK_AND_ASSIGN(const auto pods, client_->ListTable(ResourceOf<Pod>(), {}));
  EXPECT_EQ(pods.table->columns(0).name(), "Name");
  EXPECT_EQ(pods.table->columns(2).name(), "Status");
  EXPECT_EQ(pods.table->rows(0).cells(0), "p");
  EXPECT_EQ(pods.table->rows(0).metadata().namespace_(), "default");
  const api::ResourceInfo* generic = api::Scheme::Builtin().FindResource("rbac.authorization.k8s.io", "v1", "roles");
  ASSERT_OK_AND_ASSIGN(const auto roles, client_->ListTable(*generic, {}));
  EXPECT_EQ(roles.table->columns(1).name(), "Created At");
}

TEST(ContinueTokenTest, RoundTrips) {
  const ContinueToken token{.revision = 7, .start = std::string("default/a\0", 10), .seen = 3};
  ASSERT_OK_AND_ASSIGN(const ContinueToken read, ContinueToken::Decode(token.Encode()));
  EXPECT_EQ(read.revision, 7);
  EXPECT_EQ(read.start, token.start);
  EXPECT_EQ(read.seen, 3);
}

TEST(ObjectCacheTest, KeepsTwoRevisionsAndItsBound) {
  ObjectCache cache(10000);
  const auto object = [] { return std::make_shared<ConfigMap>(); };
  const ObjectPtr first = cache.Insert("/a", 1, object(), 100);
  const ObjectPtr second = cache.Insert("/a", 2, object(), 100);
  EXPECT_EQ(cache.Insert("/a", 2, object(), 100), second);
  EXPECT_EQ(cache.Find("/a", 1), first);
  cache.Insert("/a", 3, object(), 100);
  EXPECT_EQ(cache.Find("/a", 1), nullptr);
  EXPECT_EQ(cache.Find("/a", 2), second);
  for (int i = 0; i < 100; ++i) cache.Insert(absl::StrCat("/b", i), 1, object(), 100);
  EXPECT_LE(cache.bytes(), 10000u);
  EXPECT_EQ(cache.Find("/a", 2), nullptr);
  EXPECT_NE(cache.Find("/b99", 1), nullptr);
}

}  // namespace
}  // namespace kubelite::apiserver
