#include "store/etcd/write_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/base/simulated_executor.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::etcd {
namespace {

class OneWrite : public WriteQueue::Request {
 public:
  OneWrite(std::string key, std::vector<std::string>* log) : key_(std::move(key)), log_(log) {}
  size_t bytes() const override { return bytes_; }
  void OnCommitted(store::Write& write) override {
    log_->push_back(absl::StrCat(key_, "@", write.result.value_or(-1)));
    if (then_ != nullptr) then_();
  }

  const std::string key_;
  std::vector<std::string>* const log_;
  size_t bytes_ = 10;
  std::function<void()> then_;
};

class WriteQueueTest : public testing::Test {
 protected:
  bool Submit(const std::string& key, size_t bytes = 10, std::function<void()> then = nullptr) {
    auto write = std::make_unique<OneWrite>(key, &log_);
    write->bytes_ = bytes;
    write->then_ = std::move(then);
    store::Write of_store;
    of_store.key = write->key_;
    of_store.value = "x";
    of_store.expected = store::kAnyRevision;
    std::unique_ptr<WriteQueue::Request> request = std::move(write);
    return queue_.Submit(std::move(of_store), request);
  }

  base::SimulatedExecutor executor_{1};
  std::unique_ptr<store::Store> store_ = store::OpenInMemory();
  std::vector<std::string> log_;
  WriteQueue queue_{store_.get(), &executor_};
};

TEST_F(WriteQueueTest, OneTaskCommitsAllThatWait) {
  for (const char* key : {"a", "b", "c"}) ASSERT_TRUE(Submit(key));
  EXPECT_THAT(log_, testing::IsEmpty());
  executor_.Settle();
  EXPECT_THAT(log_, testing::ElementsAre("a@1", "b@2", "c@3"));
}

TEST_F(WriteQueueTest, AWriteMayBringAnother) {
  ASSERT_TRUE(Submit("a", 10, [this] { Submit("b"); }));
  executor_.Settle();
  EXPECT_THAT(log_, testing::ElementsAre("a@1", "b@2"));
}

TEST_F(WriteQueueTest, IsBounded) {
  ASSERT_TRUE(Submit("a", size_t{1} << 40));
  EXPECT_FALSE(Submit("b"));
  executor_.Settle();
  EXPECT_TRUE(Submit("c"));
  executor_.Settle();
  EXPECT_THAT(log_, testing::ElementsAre("a@1", "c@2"));
}

}  // namespace
}  // namespace kubelite::etcd
