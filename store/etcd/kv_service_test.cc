#include <gmock/gmock.h>

#include "store/etcd/testing/test_server.h"

namespace kubelite::etcd {
namespace {

using etcdserverpb::CompactionRequest;
using etcdserverpb::CompactionResponse;
using etcdserverpb::Compare;
using etcdserverpb::DeleteRangeRequest;
using etcdserverpb::PutRequest;
using etcdserverpb::PutResponse;
using etcdserverpb::RangeRequest;
using etcdserverpb::RangeResponse;
using etcdserverpb::TxnRequest;
using etcdserverpb::TxnResponse;
using testing::ElementsAre;
using testing::IsEmpty;

class KvServiceTest : public EtcdTest {
 protected:
  std::vector<std::string> Keys(const RangeRequest& request) {
    std::vector<std::string> keys;
    const RangeResponse response = Range(request);
    for (const auto& kv : response.kvs()) keys.push_back(kv.key());
    return keys;
  }
};

RangeRequest RangeOf(const std::string& key, const std::string& range_end = "") {
  RangeRequest request;
  request.set_key(key);
  request.set_range_end(range_end);
  return request;
}
PutRequest PutOf(const std::string& key, const std::string& value) {
  PutRequest request;
  request.set_key(key);
  request.set_value(value);
  return request;
}
DeleteRangeRequest DeleteOf(const std::string& key, const std::string& range_end = "") {
  DeleteRangeRequest request;
  request.set_key(key);
  request.set_range_end(range_end);
  return request;
}
Compare ModIs(const std::string& key, int64_t revision) {
  Compare compare;
  compare.set_key(key);
  compare.set_target(Compare::MOD);
  compare.set_mod_revision(revision);
  return compare;
}

TEST_F(KvServiceTest, RevisionsCountAsInEtcd) {
  EXPECT_EQ(Range(RangeOf("a")).header().revision(), 1) << "of the empty store";
  EXPECT_EQ(Put("a", "1"), 2);
  EXPECT_EQ(Put("a", "2"), 3);
  const RangeResponse response = Range(RangeOf("a"));
  EXPECT_EQ(response.header().revision(), 3);
  ASSERT_EQ(response.kvs_size(), 1);
  EXPECT_EQ(response.kvs(0).create_revision(), 2);
  EXPECT_EQ(response.kvs(0).mod_revision(), 3);
  EXPECT_EQ(response.kvs(0).version(), 2);
  EXPECT_EQ(response.kvs(0).value(), "2");
  EXPECT_EQ(response.count(), 1);
  EXPECT_NE(response.header().cluster_id(), 0);
  EXPECT_NE(response.header().member_id(), 0);
  EXPECT_NE(response.header().raft_term(), 0);
}

TEST_F(KvServiceTest, RangesAreHalfOpen) {
  for (const char* key : {"a", "b", "c"}) Put(key, key);
  const std::string all(1, '\0');
  EXPECT_THAT(Keys(RangeOf("a", "c")), ElementsAre("a", "b"));
  EXPECT_THAT(Keys(RangeOf("b", all)), ElementsAre("b", "c"));
  EXPECT_THAT(Keys(RangeOf(all, all)), ElementsAre("a", "b", "c"));
  EXPECT_THAT(Keys(RangeOf("c", "a")), IsEmpty());
  EXPECT_THAT(Keys(RangeOf("d")), IsEmpty());
}

TEST_F(KvServiceTest, ALimitLeavesCountAlone) {
  for (const char* key : {"a", "b", "c"}) Put(key, key);
  RangeRequest request = RangeOf("a", "z");
  request.set_limit(2);
  const RangeResponse cut = Range(request);
  EXPECT_EQ(cut.kvs_size(), 2);
  EXPECT_EQ(cut.count(), 3);
  EXPECT_TRUE(cut.more());
  request.set_limit(3);
  EXPECT_FALSE(Range(request).more());
  request.set_count_only(true);
  request.set_limit(1);
  const RangeResponse counted = Range(request);
  EXPECT_EQ(counted.kvs_size(), 0);
  EXPECT_EQ(counted.count(), 3);
}

TEST_F(KvServiceTest, KeysOnlyLeavesValuesOut) {
  Put("a", "1");
  RangeRequest request = RangeOf("a", "z");
  request.set_keys_only(true);
  const RangeResponse response = Range(request);
  ASSERT_EQ(response.kvs_size(), 1);
  EXPECT_EQ(response.kvs(0).value(), "");
  EXPECT_EQ(response.kvs(0).mod_revision(), 2);
}

TEST_F(KvServiceTest, SortsByEachTarget) {
  Put("a", "3");
  Put("c", "1");
  Put("b", "2");
  Put("a", "0");
  RangeRequest request = RangeOf("a", "z");
  const auto sorted = [&](RangeRequest::SortTarget target, RangeRequest::SortOrder order) {
    request.set_sort_target(target);
    request.set_sort_order(order);
    return Keys(request);
  };
  EXPECT_THAT(sorted(RangeRequest::KEY, RangeRequest::DESCEND), ElementsAre("c", "b", "a"));
  EXPECT_THAT(sorted(RangeRequest::VALUE, RangeRequest::ASCEND), ElementsAre("a", "c", "b"));
  EXPECT_THAT(sorted(RangeRequest::CREATE, RangeRequest::NONE), ElementsAre("a", "c", "b"));
  EXPECT_THAT(sorted(RangeRequest::MOD, RangeRequest::DESCEND), ElementsAre("a", "b", "c"));
  EXPECT_THAT(sorted(RangeRequest::VERSION, RangeRequest::DESCEND), ElementsAre("a", "b", "c"));
  request.set_limit(1);
  EXPECT_THAT(sorted(RangeRequest::KEY, RangeRequest::DESCEND), ElementsAre("c")) << "the limit is last";
}

TEST_F(KvServiceTest, FiltersByRevision) {
  Put("a", "1");  // 2
  Put("b", "1");  // 3
  Put("a", "2");  // 4
  RangeRequest request = RangeOf("a", "z");
  request.set_min_mod_revision(4);
  EXPECT_THAT(Keys(request), ElementsAre("a"));
  request.set_min_mod_revision(0);
  request.set_max_mod_revision(3);
  EXPECT_THAT(Keys(request), ElementsAre("b"));
  request.set_max_mod_revision(0);
  request.set_min_create_revision(3);
  EXPECT_THAT(Keys(request), ElementsAre("b"));
  request.set_min_create_revision(0);
  request.set_max_create_revision(2);
  EXPECT_THAT(Keys(request), ElementsAre("a"));
  EXPECT_EQ(Range(request).count(), 2) << "filters leave the count alone";
}

TEST_F(KvServiceTest, ReadsOlderRevisions) {
  Put("a", "1");
  Put("a", "2");
  RangeRequest request = RangeOf("a");
  request.set_revision(2);
  const RangeResponse old = Range(request);
  EXPECT_EQ(old.kvs(0).value(), "1");
  EXPECT_EQ(old.header().revision(), 3) << "the header has the latest";
  request.set_revision(1);
  EXPECT_EQ(Range(request).kvs_size(), 0) << "the empty store";
  request.set_revision(4);
  EXPECT_EQ(Error<RangeResponse>(*kv_, &KvStub::Range, request),
            "11 etcdserver: mvcc: required revision is a future revision");
}

TEST_F(KvServiceTest, CompactedRevisionsAreRefused) {
  Put("a", "1");
  Put("a", "2");
  Put("a", "3");
  Compact(3);
  RangeRequest request = RangeOf("a");
  request.set_revision(3);
  EXPECT_EQ(Range(request).kvs(0).value(), "2");
  for (const int64_t revision : {1, 2}) {
    request.set_revision(revision);
    EXPECT_EQ(Error<RangeResponse>(*kv_, &KvStub::Range, request),
              "11 etcdserver: mvcc: required revision has been compacted");
  }
  CompactionRequest again;
  again.set_revision(3);
  EXPECT_EQ(Error<CompactionResponse>(*kv_, &KvStub::Compact, again),
            "11 etcdserver: mvcc: required revision has been compacted");
  again.set_revision(100);
  EXPECT_EQ(Error<CompactionResponse>(*kv_, &KvStub::Compact, again),
            "11 etcdserver: mvcc: required revision is a future revision");
}

TEST_F(KvServiceTest, PutAnswersWithThePrevious) {
  PutRequest request = PutOf("a", "1");
  request.set_prev_kv(true);
  EXPECT_FALSE(Put(request).has_prev_kv());
  request.set_value("2");
  const PutResponse response = Put(request);
  EXPECT_EQ(response.prev_kv().value(), "1");
  EXPECT_EQ(response.prev_kv().mod_revision(), 2);
  EXPECT_EQ(response.header().revision(), 3);
}

TEST_F(KvServiceTest, PutKeepsTheValue) {
  Put("a", "1");
  PutRequest request = PutOf("a", "");
  request.set_ignore_value(true);
  EXPECT_EQ(Put(request).header().revision(), 3);
  EXPECT_EQ(Get("a"), "1");
  request.set_key("b");
  EXPECT_EQ(Error<PutResponse>(*kv_, &KvStub::Put, request), "3 etcdserver: key not found");
  request.set_value("x");
  EXPECT_EQ(Error<PutResponse>(*kv_, &KvStub::Put, request), "3 etcdserver: value is provided");
}

TEST_F(KvServiceTest, RefusesWhatIsNoRequest) {
  EXPECT_EQ(Error<PutResponse>(*kv_, &KvStub::Put, PutOf("", "1")), "3 etcdserver: key is not provided");
  EXPECT_EQ(Error<RangeResponse>(*kv_, &KvStub::Range, RangeOf("")), "3 etcdserver: key is not provided");
  PutRequest lease = PutOf("a", "1");
  lease.set_lease(4711);
  EXPECT_EQ(Error<PutResponse>(*kv_, &KvStub::Put, lease), "5 etcdserver: requested lease not found");
  lease.set_ignore_lease(true);
  EXPECT_EQ(Error<PutResponse>(*kv_, &KvStub::Put, lease), "3 etcdserver: lease is provided");
  EXPECT_EQ(Error<PutResponse>(*kv_, &KvStub::Put, PutOf("a", std::string(1600 << 10, 'x'))),
            "3 etcdserver: request is too large");
  EXPECT_EQ(Get("a"), "");
}

TEST_F(KvServiceTest, DeletesOneKey) {
  Put("a", "1");
  const auto deleted = Delete(DeleteOf("a"));
  EXPECT_EQ(deleted.deleted(), 1);
  EXPECT_EQ(deleted.header().revision(), 3);
  const auto nothing = Delete(DeleteOf("a"));
  EXPECT_EQ(nothing.deleted(), 0);
  EXPECT_EQ(nothing.header().revision(), 3);
}

TEST_F(KvServiceTest, DeletesARangeInOneStep) {
  for (const char* key : {"a", "b", "c"}) Put(key, key);
  DeleteRangeRequest request = DeleteOf("a", "c");
  request.set_prev_kv(true);
  const auto deleted = Delete(request);
  EXPECT_EQ(deleted.deleted(), 2);
  EXPECT_EQ(deleted.header().revision(), 5);
  ASSERT_EQ(deleted.prev_kvs_size(), 2);
  EXPECT_EQ(deleted.prev_kvs(1).value(), "b");
  EXPECT_THAT(Keys(RangeOf("a", "z")), ElementsAre("c"));
}

// ---- transactions ---------------------------------------------------------------------------------------------------

TEST_F(KvServiceTest, ATransactionChangesSeveralKeysUnderOneRevision) {
  Put("a", "1");
  TxnRequest request;
  *request.add_compare() = ModIs("a", 2);
  *request.add_success()->mutable_request_put() = PutOf("b", "2");
  *request.add_success()->mutable_request_delete_range() = DeleteOf("a");
  *request.add_success()->mutable_request_range() = RangeOf("a", "z");
  const TxnResponse response = Txn(request);
  EXPECT_TRUE(response.succeeded());
  EXPECT_EQ(response.header().revision(), 3);
  ASSERT_EQ(response.responses_size(), 3);
  EXPECT_EQ(response.responses(0).response_put().header().revision(), 3);
  EXPECT_EQ(response.responses(1).response_delete_range().deleted(), 1);
  ASSERT_EQ(response.responses(2).response_range().kvs_size(), 1) << "sees the changes before it";
  EXPECT_EQ(response.responses(2).response_range().kvs(0).key(), "b");
  EXPECT_EQ(Range(RangeOf("b")).kvs(0).mod_revision(), 3);
}

TEST_F(KvServiceTest, AFailedComparisonRunsTheOtherBranch) {
  Put("a", "1");
  TxnRequest request;
  *request.add_compare() = ModIs("a", 7);
  *request.add_success()->mutable_request_put() = PutOf("a", "2");
  *request.add_failure()->mutable_request_range() = RangeOf("a");
  const TxnResponse response = Txn(request);
  EXPECT_FALSE(response.succeeded());
  EXPECT_EQ(response.header().revision(), 2);
  EXPECT_EQ(response.responses(0).response_range().kvs(0).value(), "1");
  EXPECT_EQ(Get("a"), "1");
}

// What the Kubernetes API server sends; the store checks the revision by itself.
TEST_F(KvServiceTest, ConditionalCreateUpdateAndDelete) {
  TxnRequest create;
  *create.add_compare() = ModIs("a", 0);
  *create.add_success()->mutable_request_put() = PutOf("a", "1");
  *create.add_failure()->mutable_request_range() = RangeOf("a");
  const TxnResponse created = Txn(create);
  EXPECT_TRUE(created.succeeded());
  EXPECT_EQ(created.header().revision(), 2);
  EXPECT_EQ(created.responses(0).response_put().header().revision(), 2);
  EXPECT_FALSE(Txn(create).succeeded());

  TxnRequest update = create;
  update.mutable_compare(0)->set_mod_revision(2);
  update.mutable_success(0)->mutable_request_put()->set_value("2");
  EXPECT_TRUE(Txn(update).succeeded());
  const TxnResponse stale = Txn(update);
  EXPECT_FALSE(stale.succeeded());
  EXPECT_EQ(stale.responses(0).response_range().kvs(0).value(), "2");

  TxnRequest remove;
  *remove.add_compare() = ModIs("a", 3);
  *remove.add_success()->mutable_request_delete_range() = DeleteOf("a");
  const TxnResponse removed = Txn(remove);
  EXPECT_TRUE(removed.succeeded());
  EXPECT_EQ(removed.responses(0).response_delete_range().deleted(), 1);
  EXPECT_FALSE(Txn(remove).succeeded());
}

TEST_F(KvServiceTest, AConditionalPutWithoutItsLeaseIsRefused) {
  TxnRequest request;
  *request.add_compare() = ModIs("a", 0);
  PutRequest* put = request.add_success()->mutable_request_put();
  *put = PutOf("a", "1");
  put->set_lease(4711);
  EXPECT_EQ(Error<TxnResponse>(*kv_, &KvStub::Txn, request), "5 etcdserver: requested lease not found");
}

TEST_F(KvServiceTest, RevisionOneIsNotAbsence) {
  TxnRequest request;
  *request.add_compare() = ModIs("a", 1);
  *request.add_success()->mutable_request_put() = PutOf("a", "1");
  EXPECT_FALSE(Txn(request).succeeded());
}

TEST_F(KvServiceTest, ATransactionThatFailsChangesNothing) {
  TxnRequest request;
  *request.add_success()->mutable_request_put() = PutOf("a", "1");
  PutRequest* put = request.add_success()->mutable_request_put();
  *put = PutOf("b", "1");
  put->set_lease(4711);
  EXPECT_EQ(Error<TxnResponse>(*kv_, &KvStub::Txn, request), "5 etcdserver: requested lease not found");
  EXPECT_EQ(Get("a"), "");
  EXPECT_EQ(Put("c", "1"), 2);
}

TEST_F(KvServiceTest, ATransactionReadsAnOlderRevision) {
  Put("a", "1");
  Put("a", "2");
  TxnRequest request;
  RangeRequest* range = request.add_success()->mutable_request_range();
  *range = RangeOf("a");
  range->set_revision(2);
  EXPECT_EQ(Txn(request).responses(0).response_range().kvs(0).value(), "1");
  range->set_revision(9);
  EXPECT_EQ(Error<TxnResponse>(*kv_, &KvStub::Txn, request),
            "11 etcdserver: mvcc: required revision is a future revision");
}

TEST_F(KvServiceTest, RefusesTransactionsThatChangeAKeyTwice) {
  TxnRequest request;
  *request.add_success()->mutable_request_put() = PutOf("a", "1");
  *request.add_success()->mutable_request_put() = PutOf("a", "2");
  EXPECT_EQ(Error<TxnResponse>(*kv_, &KvStub::Txn, request), "3 etcdserver: duplicate key given in txn request");
  *request.mutable_success(1)->mutable_request_delete_range() = DeleteOf("a", "b");
  EXPECT_EQ(Error<TxnResponse>(*kv_, &KvStub::Txn, request), "3 etcdserver: duplicate key given in txn request");
}

TEST_F(KvServiceTest, RefusesTooManyOperations) {
  TxnRequest request;
  for (int i = 0; i < 129; ++i) *request.add_success()->mutable_request_range() = RangeOf("a");
  EXPECT_EQ(Error<TxnResponse>(*kv_, &KvStub::Txn, request), "3 etcdserver: too many operations in txn request");
}

TEST_F(KvServiceTest, ConcurrentPutsAllTakeEffect) {
  constexpr int kCalls = 200;
  struct OneCall {
    grpc::ClientContext context;
    PutResponse response;
    grpc::Status status;
    std::unique_ptr<grpc::ClientAsyncResponseReader<PutResponse>> reader;
  };
  grpc::CompletionQueue queue;
  std::vector<OneCall> calls(kCalls);
  for (int i = 0; i < kCalls; ++i) {
    OneCall& call = calls[i];
    call.reader = kv_->AsyncPut(&call.context, PutOf(absl::StrCat("key", i), "x"), &queue);
    call.reader->Finish(&call.response, &call.status, &call);
  }
  std::set<int64_t> revisions;
  for (int i = 0; i < kCalls; ++i) {
    void* tag = nullptr;
    bool ok = false;
    ASSERT_TRUE(queue.Next(&tag, &ok));
    ASSERT_TRUE(static_cast<OneCall*>(tag)->status.ok());
    revisions.insert(static_cast<OneCall*>(tag)->response.header().revision());
  }
  EXPECT_EQ(revisions.size(), kCalls);
  EXPECT_EQ(*revisions.begin(), 2);
  EXPECT_EQ(*revisions.rbegin(), kCalls + 1);
}

}  // namespace
}  // namespace kubelite::etcd
