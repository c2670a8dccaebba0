// The contract of store/store.h: writes, revisions, reads, compaction, reopening.

#include "store/store.h"

#include "tests/contract/store_fixture.h"

namespace kubelite::store {
namespace {

using base::StatusIs;
using testing::ElementsAre;
using testing::IsEmpty;

class StoreTest : public StoreContract {};
INSTANTIATE_STORE_CONTRACT(StoreTest);

TEST_P(StoreTest, StartsEmptyAtRevisionZero) {
  EXPECT_EQ(store_->CurrentRevision(), 0);
  EXPECT_EQ(store_->CompactedRevision(), 0);
  EXPECT_THAT(store_->Get("a"), StatusIs(absl::StatusCode::kNotFound, "\"a\""));
  const auto list = store_->List(KeyRange::All(), 0);
  ASSERT_OK(list);
  EXPECT_THAT(list->items, IsEmpty());
  EXPECT_EQ(list->revision, 0);
}

TEST_P(StoreTest, EachWriteTakesTheNextRevision) {
  EXPECT_THAT(store_->Put("a", "1", 0), base::IsOkAndHolds(1));
  EXPECT_THAT(store_->Put("b", "2", 0), base::IsOkAndHolds(2));
  EXPECT_THAT(store_->Put("a", "3", 1), base::IsOkAndHolds(3));
  EXPECT_THAT(store_->Delete("b", 2), base::IsOkAndHolds(4));
  EXPECT_EQ(store_->CurrentRevision(), 4);
}

TEST_P(StoreTest, RefusedWritesTakeNoRevision) {
  Put("a", "1");
  EXPECT_FALSE(store_->Put("a", "2", 0).ok());
  EXPECT_FALSE(store_->Delete("x", 1).ok());
  EXPECT_EQ(store_->CurrentRevision(), 1);
}

TEST_P(StoreTest, PutExpectingAbsenceOfAnExistingKeyIsAlreadyExists) {
  Put("a", "1");
  EXPECT_THAT(store_->Put("a", "2", 0), StatusIs(absl::StatusCode::kAlreadyExists, "revision 1"));
  EXPECT_EQ(store_->Get("a")->value, "1");
}

TEST_P(StoreTest, PutExpectingAnotherRevisionIsAborted) {
  Put("a", "1");
  Put("a", "2");
  EXPECT_THAT(store_->Put("a", "3", 1),
              StatusIs(absl::StatusCode::kAborted, "is at revision 2, not at the expected 1"));
  EXPECT_THAT(store_->Put("a", "3", 9), StatusIs(absl::StatusCode::kAborted, ""));
}

TEST_P(StoreTest, PutExpectingARevisionOfAnAbsentKeyIsNotFound) {
  EXPECT_THAT(store_->Put("a", "1", 1), StatusIs(absl::StatusCode::kNotFound, ""));
}

TEST_P(StoreTest, DeleteNeedsTheRevisionOfTheKey) {
  EXPECT_THAT(store_->Delete("a", 1), StatusIs(absl::StatusCode::kNotFound, ""));
  Put("a", "1");
  Put("a", "2");
  EXPECT_THAT(store_->Delete("a", 1), StatusIs(absl::StatusCode::kAborted, ""));
  EXPECT_THAT(store_->Delete("a", 0), StatusIs(absl::StatusCode::kAborted, ""));
  EXPECT_OK(store_->Delete("a", 2));
  EXPECT_THAT(store_->Get("a"), StatusIs(absl::StatusCode::kNotFound, ""));
  EXPECT_THAT(store_->Delete("a", 2), StatusIs(absl::StatusCode::kNotFound, ""));
}

TEST_P(StoreTest, EmptyKeysAreRefused) {
  EXPECT_THAT(store_->Put("", "1", 0), StatusIs(absl::StatusCode::kInvalidArgument, "key"));
}

TEST_P(StoreTest, CreateRevisionLastsOneLife) {
  Put("a", "1");
  Put("a", "2");
  EXPECT_EQ(store_->Get("a")->create_revision, 1);
  EXPECT_EQ(store_->Get("a")->mod_revision, 2);
  Delete("a");
  Put("a", "3");
  EXPECT_EQ(store_->Get("a")->create_revision, 4);
  EXPECT_EQ(store_->Get("a", 2)->create_revision, 1);
}

TEST_P(StoreTest, ReadsAtOldRevisionsSeeThePast) {
  Put("a", "1");
  Put("b", "2");
  Put("a", "3");
  Delete("a");
  Put("a", "5");
  EXPECT_EQ(store_->Get("a", 1)->value, "1");
  EXPECT_EQ(store_->Get("a", 2)->value, "1");
  EXPECT_EQ(store_->Get("a", 3)->value, "3");
  EXPECT_THAT(store_->Get("a", 4), StatusIs(absl::StatusCode::kNotFound, ""));
  EXPECT_EQ(store_->Get("a", 5)->value, "5");
  EXPECT_THAT(store_->Get("b", 1), StatusIs(absl::StatusCode::kNotFound, ""));
  EXPECT_THAT(ToText(store_->List(KeyRange::All(), 0, 1)->items), ElementsAre("a=1@1"));
  EXPECT_THAT(ToText(store_->List(KeyRange::All(), 0, 3)->items), ElementsAre("a=3@3", "b=2@2"));
  EXPECT_THAT(ToText(store_->List(KeyRange::All(), 0, 4)->items), ElementsAre("b=2@2"));
  EXPECT_THAT(store_->Count(KeyRange::All(), 4), base::IsOkAndHolds(1));
  EXPECT_THAT(store_->Count(KeyRange::All()), base::IsOkAndHolds(2));
}

TEST_P(StoreTest, ReadsOfTheFutureAndOfNegativeRevisionsFail) {
  Put("a", "1");
  EXPECT_THAT(store_->Get("a", 2), StatusIs(absl::StatusCode::kFailedPrecondition, "future"));
  EXPECT_THAT(store_->List(KeyRange::All(), 0, 2), StatusIs(absl::StatusCode::kFailedPrecondition, "future"));
  EXPECT_THAT(store_->NewWatch(KeyRange::All(), 2, nullptr), StatusIs(absl::StatusCode::kFailedPrecondition, "future"));
  EXPECT_THAT(store_->Get("a", -1), StatusIs(absl::StatusCode::kInvalidArgument, "negative"));
  EXPECT_THAT(store_->NewWatch(KeyRange::All(), -1, nullptr), StatusIs(absl::StatusCode::kInvalidArgument, "negative"));
}

TEST_P(StoreTest, ListsAPrefixInKeyOrder) {
  for (const char* key : {"/b/2", "/a/9", "/b/10", "/b", "/b/1", "/c"}) Put(key, "v");
  EXPECT_THAT(ToText(store_->List(KeyRange::Prefix("/b/"), 0)->items),
              ElementsAre("/b/1=v@5", "/b/10=v@3", "/b/2=v@1"));
  EXPECT_THAT(ToText(store_->List(KeyRange::Prefix("/b/").From("/b/10"), 0)->items),
              ElementsAre("/b/10=v@3", "/b/2=v@1"));
  EXPECT_THAT(ToText(store_->List(KeyRange::Prefix("/b/").From("/a"), 0)->items),
              ElementsAre("/b/1=v@5", "/b/10=v@3", "/b/2=v@1"));
  EXPECT_THAT(store_->List(KeyRange::Prefix("/b/").From("/c"), 0)->items, IsEmpty());
  EXPECT_THAT(store_->Count(KeyRange::Prefix("/b")), base::IsOkAndHolds(4));
  EXPECT_THAT(store_->Count(KeyRange::Prefix("/b/")), base::IsOkAndHolds(3));
}

TEST_P(StoreTest, KeysAndValuesMayHoldAnyBytes) {
  const std::string zero("\0", 1);
  const std::vector<std::string> keys = {zero,    zero + zero, zero + "\xff", "a",    "a" + zero,   "a" + zero + "b",
                                         "a\x01", "a\xff",     "a\xff\xff",   "\xff", "\xff" + zero};
  for (size_t i = keys.size(); i-- > 0;) Put(keys[i], "v" + keys[i]);
  for (const std::string& key : keys) EXPECT_EQ(store_->Get(key)->value, "v" + key);
  const auto all = store_->List(KeyRange::All(), 0);
  ASSERT_EQ(all->items.size(), keys.size());
  for (size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(all->items[i].key, keys[i]);
  EXPECT_THAT(store_->Count(KeyRange::Prefix("a")), base::IsOkAndHolds(6));
  EXPECT_THAT(store_->Count(KeyRange::Prefix("a" + zero)), base::IsOkAndHolds(2));
  EXPECT_THAT(store_->Count(KeyRange::Prefix("a\xff")), base::IsOkAndHolds(2));
  EXPECT_THAT(store_->Count(KeyRange::Prefix("\xff")), base::IsOkAndHolds(2));
  EXPECT_THAT(store_->Count(KeyRange::Prefix(zero)), base::IsOkAndHolds(3));
}

TEST_P(StoreTest, EmptyValuesAreValues) {
  Put("a", "");
  EXPECT_EQ(store_->Get("a")->value, "");
}

TEST_P(StoreTest, LargeValuesSurvive) {
  const std::string value(3 << 20, 'x');
  Put("a", value);
  EXPECT_EQ(store_->Get("a")->value, value);
}

TEST_P(StoreTest, PagesAtOneRevisionWhileWritesGoOn) {
  for (int i = 10; i < 20; ++i) Put(absl::StrCat("k", i), "old");
  auto page = store_->List(KeyRange::Prefix("k"), 4);
  ASSERT_OK(page);
  const Revision revision = page->revision;
  std::vector<std::string> seen;
  while (true) {
    for (const KeyValue& kv : page->items) seen.push_back(absl::StrCat(kv.key, kv.value));
    if (!page->more) break;
    Put("k12", "new");
    Put("k17", "new");
    Put(absl::StrCat("k1", seen.size(), "x"), "new");
    if (seen.size() == 4) Delete("k18");
    page = store_->List(KeyRange::Prefix("k").From(page->items.back().key + std::string(1, '\0')), 4, revision);
    ASSERT_OK(page);
    EXPECT_EQ(page->revision, revision);
  }
  EXPECT_THAT(seen, ElementsAre("k10old", "k11old", "k12old", "k13old", "k14old", "k15old", "k16old", "k17old",
                                "k18old", "k19old"));
}

TEST_P(StoreTest, MoreIsFalseWhenTheLimitIsExact) {
  Put("a", "1");
  Put("b", "1");
  Put("c", "1");
  Delete("c");
  EXPECT_FALSE(store_->List(KeyRange::All(), 2)->more);
  EXPECT_TRUE(store_->List(KeyRange::All(), 1)->more);
}

TEST_P(StoreTest, ManyVersionsOfOneKeyDoNotHideOthers) {
  Put("b", "first");
  for (int i = 0; i < 100; ++i) Put("a", absl::StrCat(i));
  for (int i = 0; i < 100; ++i) Put("c", absl::StrCat(i));
  EXPECT_THAT(ToText(store_->List(KeyRange::All(), 0)->items), ElementsAre("a=99@101", "b=first@1", "c=99@201"));
  EXPECT_THAT(ToText(store_->List(KeyRange::All(), 0, 51)->items), ElementsAre("a=49@51", "b=first@1"));
}

TEST_P(StoreTest, CompactionForgetsOlderRevisionsOnly) {
  Put("a", "1");
  Put("a", "2");
  Put("b", "3");
  Put("a", "4");
  Put("a", "5");
  EXPECT_OK(store_->Compact(4));
  EXPECT_EQ(store_->CompactedRevision(), 4);
  EXPECT_THAT(store_->Get("a", 3), StatusIs(absl::StatusCode::kOutOfRange, "the oldest that can be read is 4"));
  EXPECT_THAT(store_->List(KeyRange::All(), 0, 3), StatusIs(absl::StatusCode::kOutOfRange, ""));
  EXPECT_THAT(store_->Count(KeyRange::All(), 1), StatusIs(absl::StatusCode::kOutOfRange, ""));
  EXPECT_EQ(store_->Get("a", 4)->value, "4");
  EXPECT_EQ(store_->Get("b", 4)->value, "3");
  EXPECT_EQ(store_->Get("a")->value, "5");
}

TEST_P(StoreTest, CompactionBackwardsDoesNothingAndIntoTheFutureFails) {
  Put("a", "1");
  Put("a", "2");
  EXPECT_OK(store_->Compact(2));
  EXPECT_OK(store_->Compact(1));
  EXPECT_EQ(store_->CompactedRevision(), 2);
  EXPECT_THAT(store_->Compact(3), StatusIs(absl::StatusCode::kFailedPrecondition, "cannot compact to revision 3"));
}

TEST_P(StoreTest, DeletedKeysStayDeletedAfterCompaction) {
  Put("a", "1");
  Put("a", "2");
  Put("b", "3");
  Delete("a");
  EXPECT_OK(store_->Compact(store_->CurrentRevision()));
  EXPECT_THAT(store_->Get("a"), StatusIs(absl::StatusCode::kNotFound, ""));
  EXPECT_THAT(ToText(store_->List(KeyRange::All(), 0)->items), ElementsAre("b=3@3"));
  EXPECT_THAT(store_->Put("a", "5", 0), base::IsOkAndHolds(5));
  EXPECT_EQ(store_->Get("a")->create_revision, 5);
}

TEST_P(StoreTest, ReopeningKeepsEverything) {
  if (!GetParam().persistent) GTEST_SKIP();
  for (int i = 0; i < 20; ++i) Put(absl::StrCat("k", i % 7), absl::StrCat(i));
  Delete("k3");
  EXPECT_OK(store_->Compact(5));
  const std::vector<std::string> now = ToText(store_->List(KeyRange::All(), 0)->items);
  const std::vector<std::string> then = ToText(store_->List(KeyRange::All(), 0, 12)->items);
  Open();
  EXPECT_EQ(store_->CurrentRevision(), 21);
  EXPECT_EQ(store_->CompactedRevision(), 5);
  EXPECT_EQ(ToText(store_->List(KeyRange::All(), 0)->items), now);
  EXPECT_EQ(ToText(store_->List(KeyRange::All(), 0, 12)->items), then);
  EXPECT_THAT(store_->Get("k1", 4), StatusIs(absl::StatusCode::kOutOfRange, ""));
  EXPECT_EQ(Put("new", "x"), 22);
}

TEST_P(StoreTest, RevisionsGoOnAfterEverythingWasDeletedAndCompacted) {
  if (!GetParam().persistent) GTEST_SKIP();
  Put("a", "1");
  Delete("a");
  EXPECT_OK(store_->Compact(2));
  Open();
  EXPECT_EQ(store_->CurrentRevision(), 2);
  EXPECT_EQ(Put("a", "2"), 3);
}

}  // namespace
}  // namespace kubelite::store
