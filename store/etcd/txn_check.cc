// What is wrong with a transaction whatever the store holds.

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "common/base/status_macros.h"
#include "store/etcd/errors.h"
#include "store/etcd/txn.h"

namespace kubelite::etcd {
namespace {

using etcdserverpb::RequestOp;
using etcdserverpb::TxnRequest;
using google::protobuf::RepeatedPtrField;

// Deeper nesting is refused, as protobuf's parser would refuse much deeper: no request may exhaust the stack.
constexpr int kMaxDepth = 32;

absl::Status CheckOps(const TxnRequest& request, int max_ops, int depth);

absl::Status CheckOp(const RequestOp& op, int max_ops, int depth) {
  switch (op.request_case()) {
    case RequestOp::kRequestRange:
      return CheckRange(op.request_range());
    case RequestOp::kRequestPut:
      return CheckPut(op.request_put());
    case RequestOp::kRequestDeleteRange:
      return CheckDelete(op.request_delete_range());
    case RequestOp::kRequestTxn:
      return CheckOps(op.request_txn(), max_ops, depth + 1);
    default:
      return KeyNotFoundError();
  }
}

absl::Status CheckOps(const TxnRequest& request, int max_ops, int depth) {
  const int ops = std::max({request.compare_size(), request.success_size(), request.failure_size()});
  if (ops > max_ops || depth > kMaxDepth) return TooManyOpsError();
  for (const auto& compare : request.compare()) {
    if (compare.key().empty()) return EmptyKeyError();
  }
  for (const auto* branch : {&request.success(), &request.failure()}) {
    for (const RequestOp& op : *branch) RETURN_IF_ERROR(CheckOp(op, max_ops - ops, depth));
  }
  return absl::OkStatus();
}

// The keys that some list of operations may change.
struct Changes {
  std::set<std::string> puts;
  std::vector<store::KeyRange> deletes;

  bool Deletes(const std::string& key) const {
    return std::any_of(deletes.begin(), deletes.end(), [&](const auto& range) { return range.Contains(key); });
  }
};

// Adds the puts of operations that run beside those of `changes`.
absl::Status AddPuts(const std::set<std::string>& puts, const std::set<std::string>& exclusive, Changes* changes) {
  for (const std::string& key : puts) {
    if (changes->Deletes(key)) return DuplicateKeyError();
    if (!changes->puts.insert(key).second && exclusive.count(key) == 0) return DuplicateKeyError();
  }
  return absl::OkStatus();
}

absl::StatusOr<Changes> CollectChanges(const RepeatedPtrField<RequestOp>& ops) {
  Changes changes;
  for (const RequestOp& op : ops) {
    if (!op.has_request_delete_range()) continue;
    const store::KeyRange range = ToRange(op.request_delete_range().key(), op.request_delete_range().range_end());
    if (!IsEmpty(range)) changes.deletes.push_back(range);
  }
  for (const RequestOp& op : ops) {
    if (!op.has_request_txn()) continue;
    ASSIGN_OR_RETURN(const Changes success, CollectChanges(op.request_txn().success()));
    ASSIGN_OR_RETURN(const Changes failure, CollectChanges(op.request_txn().failure()));
    RETURN_IF_ERROR(AddPuts(success.puts, {}, &changes));
    // Only one of the two branches runs.
    RETURN_IF_ERROR(AddPuts(failure.puts, success.puts, &changes));
    changes.deletes.insert(changes.deletes.end(), success.deletes.begin(), success.deletes.end());
    changes.deletes.insert(changes.deletes.end(), failure.deletes.begin(), failure.deletes.end());
  }
  for (const RequestOp& op : ops) {
    if (op.has_request_put()) RETURN_IF_ERROR(AddPuts({op.request_put().key()}, {}, &changes));
  }
  return changes;
}

}  // namespace

absl::Status CheckPut(const etcdserverpb::PutRequest& request) {
  if (request.key().empty()) return EmptyKeyError();
  if (request.ignore_value() && !request.value().empty()) return ValueProvidedError();
  if (request.ignore_lease() && request.lease() != 0) return LeaseProvidedError();
  return absl::OkStatus();
}

absl::Status CheckDelete(const etcdserverpb::DeleteRangeRequest& request) {
  return request.key().empty() ? EmptyKeyError() : absl::OkStatus();
}

absl::Status CheckTxn(const TxnRequest& request, int max_ops) {
  RETURN_IF_ERROR(CheckOps(request, max_ops, 0));
  RETURN_IF_ERROR(CollectChanges(request.success()).status());
  return CollectChanges(request.failure()).status();
}

}  // namespace kubelite::etcd
