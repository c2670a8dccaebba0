#include "store/etcd/watch_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::etcd {
namespace {

using base::StatusIs;
using testing::ElementsAre;
using testing::IsEmpty;

class WatchSourceTest : public testing::Test {
 protected:
  void Put(const std::string& key) { ASSERT_OK(store_->Put(key, "x", store::kAnyRevision)); }
  std::unique_ptr<WatchSource> New(store::Revision first) {
    auto source = WatchSource::New(
        store_.get(), store::KeyRange::All(), first, [] {}, &created_at_);
    EXPECT_OK(source);
    return source.ok() ? *std::move(source) : nullptr;
  }
  static std::vector<std::string> All(WatchSource* source, size_t max = 100) {
    std::vector<std::string> texts;
    while (true) {
      const auto batch = source->Poll(max);
      EXPECT_OK(batch);
      for (const auto& event : batch->events) texts.push_back(absl::StrCat(event->kv.key, "@", event->revision()));
      if (!batch->more) return texts;
    }
  }

  std::unique_ptr<store::Store> store_ = store::OpenInMemory();
  store::Revision created_at_ = 0;
};

TEST_F(WatchSourceTest, FromNowOn) {
  Put("a");
  const auto source = New(store::kAnyRevision);
  EXPECT_EQ(created_at_, 1);
  Put("b");
  EXPECT_THAT(All(source.get()), ElementsAre("b@2"));
}

TEST_F(WatchSourceTest, FromTheFirstRevisionOfAnEmptyStore) {
  const auto source = New(1);
  EXPECT_THAT(All(source.get()), IsEmpty());
  Put("a");
  EXPECT_THAT(All(source.get()), ElementsAre("a@1"));
}

TEST_F(WatchSourceTest, FromTheFirstRevisionLater) {
  ASSERT_OK(store_->Transact([](store::Transaction& transaction) {
    for (const char* key : {"a", "b"}) {
      if (absl::Status put = transaction.Put(key, "x", 0); !put.ok()) return put;
    }
    return absl::OkStatus();
  }));
  Put("a");
  const auto source = New(1);
  EXPECT_EQ(created_at_, 2);
  EXPECT_THAT(All(source.get(), 1), ElementsAre("a@1", "b@1", "a@2"));
}

TEST_F(WatchSourceTest, FromAFutureRevision) {
  Put("a");
  const auto source = New(4);
  for (int i = 0; i < 4; ++i) Put("a");
  EXPECT_THAT(All(source.get(), 1), ElementsAre("a@4", "a@5"));
}

TEST_F(WatchSourceTest, CompactedRevisions) {
  for (int i = 0; i < 5; ++i) Put("a");
  ASSERT_OK(store_->Compact(3));
  for (const store::Revision first : {1, 2}) {
    EXPECT_THAT(WatchSource::New(
                    store_.get(), store::KeyRange::All(), first, [] {}, &created_at_),
                StatusIs(absl::StatusCode::kOutOfRange, ""))
        << first;
  }
  EXPECT_THAT(All(New(3).get()), ElementsAre("a@3", "a@4", "a@5"));
}

}  // namespace
}  // namespace kubelite::etcd
