#include "store/memory_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/testing/status_matchers.h"
#include "store/key_codec.h"

namespace kubelite::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Keys(Engine* engine, Table table, const std::string& lower, const std::string& upper) {
  const auto view = *engine->NewView();
  std::vector<std::string> keys;
  for (auto rows = view->NewIterator(table, lower, upper); rows->Valid(); rows->Next()) {
    keys.emplace_back(rows->key());
  }
  return keys;
}

TEST(MemoryEngineTest, BatchesApplyInOrder) {
  MemoryEngine engine;
  WriteBatch batch;
  batch.Put(Table::kMeta, "a", "1");
  batch.Delete(Table::kMeta, "a");
  batch.Put(Table::kMeta, "b", "1");
  batch.Put(Table::kMeta, "b", "2");
  ASSERT_OK(engine.Write(batch, true));
  const auto view = *engine.NewView();
  EXPECT_THAT(view->Get(Table::kMeta, "a"), base::StatusIs(absl::StatusCode::kNotFound, ""));
  EXPECT_THAT(view->Get(Table::kMeta, "b"), base::IsOkAndHolds("2"));
  EXPECT_THAT(view->Get(Table::kData, "b"), base::StatusIs(absl::StatusCode::kNotFound, ""));
}

TEST(MemoryEngineTest, IteratorsKeepTheirBounds) {
  MemoryEngine engine;
  WriteBatch batch;
  for (const char* key : {"a", "b", "c", "d"}) batch.Put(Table::kData, key, "");
  ASSERT_OK(engine.Write(batch, true));
  EXPECT_THAT(Keys(&engine, Table::kData, "", ""), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(Keys(&engine, Table::kData, "b", "d"), ElementsAre("b", "c"));
  EXPECT_THAT(Keys(&engine, Table::kData, "d", "b"), IsEmpty());
  EXPECT_THAT(Keys(&engine, Table::kData, "x", ""), IsEmpty());
  const auto view = *engine.NewView();
  const auto rows = view->NewIterator(Table::kData, "a", "d");
  rows->Seek("b2");
  EXPECT_EQ(rows->key(), "c");
  rows->Seek("a");  // never backwards
  EXPECT_EQ(rows->key(), "c");
  rows->Seek("d");
  EXPECT_FALSE(rows->Valid());
  EXPECT_THAT(view->LastKey(Table::kData), base::IsOkAndHolds("d"));
  EXPECT_THAT(view->LastKey(Table::kLog), base::StatusIs(absl::StatusCode::kNotFound, ""));
}

TEST(MemoryEngineTest, DropsReplacedVersionsAndOldLogRows) {
  MemoryEngine engine;
  WriteBatch batch;
  for (Revision revision = 1; revision <= 4; ++revision) {
    batch.Put(Table::kData, EncodeDataKey("a", revision), EncodeDataRow({false, 1, revision, 0, "v"}));
    batch.Put(Table::kLog, EncodeLogKey(revision), EncodeLogRow({Event::Type::kPut, StepRow(), revision - 1, "a"}));
  }
  ASSERT_OK(engine.Write(batch, true));
  engine.AllowDrop(3);
  EXPECT_THAT(Keys(&engine, Table::kData, "", ""), ElementsAre(EncodeDataKey("a", 4), EncodeDataKey("a", 3)));
  EXPECT_THAT(Keys(&engine, Table::kLog, "", ""), ElementsAre(EncodeLogKey(3), EncodeLogKey(4)));
}

}  // namespace
}  // namespace kubelite::store
