#include "store/etcd/txn.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/base/status_macros.h"
#include "store/etcd/encoding.h"
#include "store/etcd/errors.h"

namespace kubelite::etcd {
namespace {

using etcdserverpb::Compare;
using etcdserverpb::RequestOp;
using etcdserverpb::ResponseOp;
using etcdserverpb::TxnRequest;
using etcdserverpb::TxnResponse;
using google::protobuf::RepeatedPtrField;
using store::KeyValue;
using store::Transaction;

template <typename T>
int Order(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

// `kv` null: the key does not exist; it then counts as one with all numbers 0.
bool Holds(const Compare& compare, const KeyValue* kv) {
  int order = 0;
  switch (compare.target()) {
    case Compare::VERSION:
      order = Order<int64_t>(kv == nullptr ? 0 : kv->version, compare.version());
      break;
    case Compare::CREATE:
      order = Order<int64_t>(kv == nullptr ? 0 : ToEtcdRevision(kv->create_revision), compare.create_revision());
      break;
    case Compare::MOD:
      order = Order<int64_t>(kv == nullptr ? 0 : ToEtcdRevision(kv->mod_revision), compare.mod_revision());
      break;
    case Compare::VALUE:
      // No value is unlike any other, even the empty one.
      if (kv == nullptr) return false;
      order = Order<std::string>(kv->value, compare.value());
      break;
    case Compare::LEASE:
      order = Order<int64_t>(kv == nullptr ? 0 : kv->lease, compare.lease());
      break;
    default:
      return false;
  }
  switch (compare.result()) {
    case Compare::EQUAL:
      return order == 0;
    case Compare::NOT_EQUAL:
      return order != 0;
    case Compare::GREATER:
      return order > 0;
    case Compare::LESS:
      return order < 0;
    default:
      return false;
  }
}

absl::StatusOr<bool> Holds(Transaction* transaction, const Compare& compare) {
  if (compare.range_end().empty()) {
    const absl::StatusOr<KeyValue> kv = transaction->Get(compare.key());
    if (!kv.ok() && !absl::IsNotFound(kv.status())) return FromStore(kv.status());
    return Holds(compare, kv.ok() ? &*kv : nullptr);
  }
  const store::KeyRange range = ToRange(compare.key(), compare.range_end());
  if (IsEmpty(range)) return Holds(compare, nullptr);
  const absl::StatusOr<store::ListResult> listed = transaction->List(range, 0);
  if (!listed.ok()) return FromStore(listed.status());
  if (listed->items.empty()) return Holds(compare, nullptr);
  for (const KeyValue& kv : listed->items) {
    if (!Holds(compare, &kv)) return false;
  }
  return true;
}

// One run of a transaction. Compares of all levels look at the store before any change, as in etcd: which branches are
// taken is decided first.
class Run {
 public:
  Run(Transaction* transaction, const OlderRanges& ranges) : transaction_(transaction), ranges_(ranges) {}

  absl::Status Decide(const TxnRequest& request) {
    bool holds = true;
    for (const Compare& compare : request.compare()) {
      ASSIGN_OR_RETURN(holds, Holds(transaction_, compare));
      if (!holds) break;
    }
    decisions_[&request] = holds;
    for (const RequestOp& op : holds ? request.success() : request.failure()) {
      if (op.has_request_txn()) RETURN_IF_ERROR(Decide(op.request_txn()));
    }
    return absl::OkStatus();
  }

  absl::Status Apply(const TxnRequest& request, TxnResponse* response) {
    const bool holds = decisions_.at(&request);
    response->set_succeeded(holds);
    for (const RequestOp& op : holds ? request.success() : request.failure()) {
      RETURN_IF_ERROR(Apply(op, response->add_responses()));
    }
    response->mutable_header()->set_revision(revision());
    return absl::OkStatus();
  }

 private:
  absl::Status Apply(const RequestOp& op, ResponseOp* response) {
    switch (op.request_case()) {
      case RequestOp::kRequestRange:
        return Read(op.request_range(), response->mutable_response_range());
      case RequestOp::kRequestPut:
        changed_ = true;
        return RunPut(transaction_, op.request_put(), response->mutable_response_put());
      case RequestOp::kRequestDeleteRange: {
        auto* deleted = response->mutable_response_delete_range();
        RETURN_IF_ERROR(RunDelete(transaction_, op.request_delete_range(), deleted));
        changed_ |= deleted->deleted() > 0;
        deleted->mutable_header()->set_revision(revision());
        return absl::OkStatus();
      }
      default:
        return Apply(op.request_txn(), response->mutable_response_txn());
    }
  }

  absl::Status Read(const etcdserverpb::RangeRequest& request, etcdserverpb::RangeResponse* response) {
    const auto older = ranges_.find(&request);
    if (older != ranges_.end()) {
      RETURN_IF_ERROR(older->second.status());
      FillRangeResponse(request, *older->second, response);
    } else {
      ASSIGN_OR_RETURN(const RangeResult result, ReadRange(transaction_, request));
      FillRangeResponse(request, result, response);
    }
    response->mutable_header()->set_revision(revision());
    return absl::OkStatus();
  }

  int64_t revision() const {
    return ToEtcdRevision(changed_ ? transaction_->revision() : transaction_->revision() - 1);
  }

  Transaction* const transaction_;
  const OlderRanges& ranges_;
  absl::flat_hash_map<const TxnRequest*, bool> decisions_;
  bool changed_ = false;
};

// Of a Put in a transaction: what the store refuses has one meaning each.
absl::Status FromPut(const absl::Status& status) {
  if (absl::IsNotFound(status)) return LeaseNotFoundError();
  return absl::IsInvalidArgument(status) ? DuplicateKeyError() : FromStore(status);
}

bool IsPlainRange(const RepeatedPtrField<RequestOp>& ops) {
  return ops.empty() || (ops.size() == 1 && ops[0].has_request_range());
}

}  // namespace

void ReadOlderRanges(store::Store* store, const TxnRequest& request, OlderRanges* ranges) {
  for (const auto* branch : {&request.success(), &request.failure()}) {
    for (const RequestOp& op : *branch) {
      if (op.has_request_txn()) ReadOlderRanges(store, op.request_txn(), ranges);
      if (!op.has_request_range() || op.request_range().revision() <= 0) continue;
      ranges->emplace(&op.request_range(), ReadRange(store, op.request_range()));
    }
  }
}

absl::Status RunPut(Transaction* transaction, const etcdserverpb::PutRequest& request,
                    etcdserverpb::PutResponse* response) {
  response->mutable_header()->set_revision(ToEtcdRevision(transaction->revision()));
  if (!request.prev_kv() && !request.ignore_value() && !request.ignore_lease()) {
    return FromPut(transaction->Put(request.key(), request.value(), request.lease()));
  }
  const absl::StatusOr<KeyValue> before = transaction->Get(request.key());
  if (!before.ok() && !absl::IsNotFound(before.status())) return FromStore(before.status());
  if (!before.ok() && (request.ignore_value() || request.ignore_lease())) return KeyNotFoundError();
  if (before.ok() && request.prev_kv()) FillKeyValue(*before, false, response->mutable_prev_kv());
  return FromPut(transaction->Put(request.key(), request.ignore_value() ? before->value : request.value(),
                                  request.ignore_lease() ? before->lease : request.lease()));
}

absl::Status RunDelete(Transaction* transaction, const etcdserverpb::DeleteRangeRequest& request,
                       etcdserverpb::DeleteRangeResponse* response) {
  std::vector<KeyValue> found;
  const store::KeyRange range = ToRange(request.key(), request.range_end());
  if (request.range_end().empty()) {
    absl::StatusOr<KeyValue> kv = transaction->Get(request.key());
    if (!kv.ok() && !absl::IsNotFound(kv.status())) return FromStore(kv.status());
    if (kv.ok()) found.push_back(*std::move(kv));
  } else if (!IsEmpty(range)) {
    absl::StatusOr<store::ListResult> listed = transaction->List(range, 0);
    if (!listed.ok()) return FromStore(listed.status());
    found = std::move(listed->items);
  }
  for (const KeyValue& kv : found) {
    // Read just now, so it can only be that this transaction has put it.
    const absl::Status deleted = transaction->Delete(kv.key);
    if (!deleted.ok()) return absl::IsInvalidArgument(deleted) ? DuplicateKeyError() : FromStore(deleted);
    if (request.prev_kv()) FillKeyValue(kv, false, response->add_prev_kvs());
  }
  response->set_deleted(static_cast<int64_t>(found.size()));
  return absl::OkStatus();
}

absl::Status RunTxn(Transaction* transaction, const TxnRequest& request, const OlderRanges& ranges,
                    TxnResponse* response) {
  Run run(transaction, ranges);
  RETURN_IF_ERROR(run.Decide(request));
  return run.Apply(request, response);
}

std::optional<ConditionalWrite> AsConditionalWrite(const TxnRequest& request) {
  if (request.compare_size() != 1 || request.success_size() != 1 || !IsPlainRange(request.failure())) {
    return std::nullopt;
  }
  const Compare& compare = request.compare(0);
  // A negative number is no revision; the general way finds that it never holds.
  if (compare.target() != Compare::MOD || compare.result() != Compare::EQUAL || !compare.range_end().empty() ||
      compare.mod_revision() < 0) {
    return std::nullopt;
  }
  ConditionalWrite write;
  write.expected = compare.mod_revision() == 0 ? 0 : ToStoreRevision(compare.mod_revision());
  const RequestOp& op = request.success(0);
  if (op.has_request_put()) {
    write.put = &op.request_put();
    if (write.put->prev_kv() || write.put->ignore_value() || write.put->ignore_lease()) return std::nullopt;
    if (write.put->key() != compare.key()) return std::nullopt;
  } else if (op.has_request_delete_range()) {
    write.kind = store::Write::Kind::kDelete;
    write.del = &op.request_delete_range();
    if (write.del->prev_kv() || !write.del->range_end().empty() || write.del->key() != compare.key()) {
      return std::nullopt;
    }
  } else {
    return std::nullopt;
  }
  // Revision 1 is etcd's empty store, 0 means "does not exist": only a put can expect that.
  const bool absent = compare.mod_revision() == 0;
  if (write.expected == 0 && (!absent || write.put == nullptr)) return std::nullopt;
  return write;
}

}  // namespace kubelite::etcd
