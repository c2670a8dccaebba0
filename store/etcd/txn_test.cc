#include "store/etcd/txn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/testing/status_matchers.h"

namespace kubelite::etcd {
namespace {

using base::StatusIs;
using etcdserverpb::Compare;
using etcdserverpb::TxnRequest;
using etcdserverpb::TxnResponse;

constexpr int kMaxOps = 128;

void AddPut(const std::string& key, google::protobuf::RepeatedPtrField<etcdserverpb::RequestOp>* ops) {
  ops->Add()->mutable_request_put()->set_key(key);
}
void AddDelete(const std::string& key, const std::string& end,
               google::protobuf::RepeatedPtrField<etcdserverpb::RequestOp>* ops) {
  auto* del = ops->Add()->mutable_request_delete_range();
  del->set_key(key);
  del->set_range_end(end);
}

class TxnTest : public testing::Test {
 protected:
  TxnResponse Run(const TxnRequest& request) {
    TxnResponse response;
    OlderRanges older;
    ReadOlderRanges(store_.get(), request, &older);
    EXPECT_OK(store_->Transact([&](store::Transaction& transaction) {
      response.Clear();
      return RunTxn(&transaction, request, older, &response);
    }));
    return response;
  }
  bool Holds(const std::string& key, Compare::CompareTarget target, Compare::CompareResult result,
             const std::function<void(Compare*)>& set) {
    TxnRequest request;
    Compare* compare = request.add_compare();
    compare->set_key(key);
    compare->set_target(target);
    compare->set_result(result);
    set(compare);
    return Run(request).succeeded();
  }

  std::unique_ptr<store::Store> store_ = store::OpenInMemory();
};

TEST_F(TxnTest, ComparesEachTarget) {
  ASSERT_OK(store_->Put("a", "m", 0));                    // etcd's revision 2
  ASSERT_OK(store_->Put("a", "n", store::kAnyRevision));  // 3
  EXPECT_TRUE(Holds("a", Compare::VERSION, Compare::EQUAL, [](Compare* c) { c->set_version(2); }));
  EXPECT_TRUE(Holds("a", Compare::VERSION, Compare::GREATER, [](Compare* c) { c->set_version(1); }));
  EXPECT_FALSE(Holds("a", Compare::VERSION, Compare::LESS, [](Compare* c) { c->set_version(2); }));
  EXPECT_TRUE(Holds("a", Compare::CREATE, Compare::EQUAL, [](Compare* c) { c->set_create_revision(2); }));
  EXPECT_TRUE(Holds("a", Compare::MOD, Compare::EQUAL, [](Compare* c) { c->set_mod_revision(3); }));
  EXPECT_TRUE(Holds("a", Compare::MOD, Compare::NOT_EQUAL, [](Compare* c) { c->set_mod_revision(2); }));
  EXPECT_TRUE(Holds("a", Compare::VALUE, Compare::EQUAL, [](Compare* c) { c->set_value("n"); }));
  EXPECT_TRUE(Holds("a", Compare::VALUE, Compare::LESS, [](Compare* c) { c->set_value("o"); }));
  EXPECT_TRUE(Holds("a", Compare::LEASE, Compare::EQUAL, [](Compare* c) { c->set_lease(0); }));
}

TEST_F(TxnTest, AnAbsentKeyHasNoValueButZeroRevisions) {
  EXPECT_TRUE(Holds("a", Compare::VERSION, Compare::EQUAL, [](Compare* c) { c->set_version(0); }));
  EXPECT_TRUE(Holds("a", Compare::MOD, Compare::EQUAL, [](Compare* c) { c->set_mod_revision(0); }));
  EXPECT_FALSE(Holds("a", Compare::VALUE, Compare::EQUAL, [](Compare* c) { c->set_value(""); }));
  EXPECT_FALSE(Holds("a", Compare::VALUE, Compare::NOT_EQUAL, [](Compare* c) { c->set_value("x"); }));
}

TEST_F(TxnTest, ARangeComparisonMustHoldForEveryKey) {
  ASSERT_OK(store_->Put("a1", "x", 0));
  ASSERT_OK(store_->Put("a2", "x", 0));
  const auto x = [](Compare* c) {
    c->set_range_end("b");
    c->set_value("x");
  };
  EXPECT_TRUE(Holds("a", Compare::VALUE, Compare::EQUAL, x));
  ASSERT_OK(store_->Put("a3", "y", 0));
  EXPECT_FALSE(Holds("a", Compare::VALUE, Compare::EQUAL, x));
  const auto none = [](Compare* c) { c->set_range_end("d"); };
  EXPECT_TRUE(Holds("c", Compare::VERSION, Compare::EQUAL, none)) << "an empty range is like an absent key";
  EXPECT_FALSE(Holds("c", Compare::VALUE, Compare::NOT_EQUAL, none));
}

TEST_F(TxnTest, NestedTransactionsAreOneStep) {
  ASSERT_OK(store_->Put("a", "1", 0));
  TxnRequest request;
  AddPut("b", request.mutable_success());
  TxnRequest* nested = request.add_success()->mutable_request_txn();
  // Looks at the store before the step: there is no "b".
  Compare* compare = nested->add_compare();
  compare->set_key("b");
  compare->set_target(Compare::VERSION);
  AddPut("c", nested->mutable_success());
  AddPut("d", nested->mutable_failure());
  const TxnResponse response = Run(request);
  EXPECT_EQ(response.header().revision(), 3);
  ASSERT_EQ(response.responses_size(), 2);
  EXPECT_TRUE(response.responses(1).response_txn().succeeded());
  const auto listed = store_->List(store::KeyRange::All(), 0);
  ASSERT_OK(listed);
  ASSERT_EQ(listed->items.size(), 3u);
  EXPECT_EQ(listed->items[1].mod_revision, 2);
  EXPECT_EQ(listed->items[2].mod_revision, 2);
}

TEST_F(TxnTest, ChecksOverlaps) {
  TxnRequest request;
  AddPut("a", request.mutable_success());
  AddPut("a", request.mutable_failure());
  EXPECT_OK(CheckTxn(request, kMaxOps)) << "only one branch runs";
  TxnRequest* nested = request.add_success()->mutable_request_txn();
  AddPut("b", nested->mutable_success());
  AddPut("b", nested->mutable_failure());
  EXPECT_OK(CheckTxn(request, kMaxOps));
  AddDelete("b", "c", request.mutable_success());
  EXPECT_THAT(CheckTxn(request, kMaxOps), StatusIs(absl::StatusCode::kInvalidArgument, "duplicate key"));
  request.mutable_success()->RemoveLast();
  AddPut("b", request.mutable_success());
  EXPECT_THAT(CheckTxn(request, kMaxOps), StatusIs(absl::StatusCode::kInvalidArgument, "duplicate key"));
}

TEST_F(TxnTest, DeletesMayOverlap) {
  ASSERT_OK(store_->Put("a", "1", 0));
  TxnRequest request;
  AddDelete("a", "c", request.mutable_success());
  AddDelete("a", "b", request.mutable_success());
  ASSERT_OK(CheckTxn(request, kMaxOps));
  const TxnResponse response = Run(request);
  EXPECT_EQ(response.responses(0).response_delete_range().deleted(), 1);
  EXPECT_EQ(response.responses(1).response_delete_range().deleted(), 0);
}

TEST_F(TxnTest, ChecksEveryOperation) {
  TxnRequest request;
  request.add_success();
  EXPECT_THAT(CheckTxn(request, kMaxOps), StatusIs(absl::StatusCode::kInvalidArgument, "key not found"));
  request.Clear();
  request.add_compare();
  EXPECT_THAT(CheckTxn(request, kMaxOps), StatusIs(absl::StatusCode::kInvalidArgument, "key is not provided"));
  request.Clear();
  TxnRequest* inner = &request;
  for (int i = 0; i < 40; ++i) inner = inner->add_success()->mutable_request_txn();
  EXPECT_THAT(CheckTxn(request, kMaxOps), StatusIs(absl::StatusCode::kInvalidArgument, "too many operations"));
}

TEST_F(TxnTest, RecognisesConditionalWrites) {
  TxnRequest request;
  Compare* compare = request.add_compare();
  compare->set_key("a");
  compare->set_target(Compare::MOD);
  compare->set_mod_revision(5);
  AddPut("a", request.mutable_success());
  request.add_failure()->mutable_request_range()->set_key("a");
  auto write = AsConditionalWrite(request);
  ASSERT_TRUE(write.has_value());
  EXPECT_EQ(write->expected, 4);
  compare->set_mod_revision(0);
  write = AsConditionalWrite(request);
  ASSERT_TRUE(write.has_value());
  EXPECT_EQ(write->expected, 0);

  TxnRequest other = request;
  other.mutable_compare(0)->set_key("b");
  EXPECT_FALSE(AsConditionalWrite(other).has_value());
  other = request;
  other.mutable_compare(0)->set_mod_revision(1);
  EXPECT_FALSE(AsConditionalWrite(other).has_value()) << "would look like absence";
  other = request;
  other.mutable_compare(0)->set_result(Compare::GREATER);
  EXPECT_FALSE(AsConditionalWrite(other).has_value());
  other = request;
  other.mutable_success(0)->mutable_request_put()->set_prev_kv(true);
  EXPECT_FALSE(AsConditionalWrite(other).has_value());
  other = request;
  AddPut("b", other.mutable_failure());
  EXPECT_FALSE(AsConditionalWrite(other).has_value());
  other = request;
  other.mutable_success()->Clear();
  AddDelete("a", "", other.mutable_success());
  EXPECT_FALSE(AsConditionalWrite(other).has_value()) << "an absent key cannot be deleted";
  other.mutable_compare(0)->set_mod_revision(5);
  EXPECT_TRUE(AsConditionalWrite(other).has_value());
}

}  // namespace
}  // namespace kubelite::etcd
