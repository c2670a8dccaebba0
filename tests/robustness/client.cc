#include "tests/robustness/client.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace kubelite::robustness {
namespace {

using Kind = Operation::Kind;

// Stores a StatusOr's parts; what `keep` does with the value is the caller's.
template <typename T, typename Keep>
void Record(absl::StatusOr<T> result, Operation* op, Keep keep) {
  op->status = result.status();
  if (result.ok()) keep(*std::move(result));
}

void RecordRevision(absl::StatusOr<Revision> result, Operation* op) {
  Record(std::move(result), op, [op](Revision revision) { op->revision = revision; });
}

// Puts and deletes whatever their outcome; reads are answered in the call.
void RunBodyCall(store::Transaction& transaction, BodyCall* call) {
  call->items.clear();
  call->more = false;
  switch (call->kind) {
    case BodyCall::Kind::kGet: {
      auto kv = transaction.Get(call->key);
      call->status = kv.status();
      if (kv.ok()) call->items.push_back(*std::move(kv));
      return;
    }
    case BodyCall::Kind::kList: {
      auto list = transaction.List(call->range, call->limit);
      call->status = list.status();
      if (!list.ok()) return;
      call->items = std::move(list->items);
      call->more = list->more;
      return;
    }
    case BodyCall::Kind::kPut:
      call->status = transaction.Put(call->key, call->value, call->lease);
      return;
    case BodyCall::Kind::kDelete:
      call->status = transaction.Delete(call->key);
      return;
  }
}

}  // namespace

void Client::Attach(store::Store* store) {
  store_ = store;
  const Tick now = ticks_->Next();
  for (Operation& op : session_) {
    if (op.lost && op.returned == kNever) op.returned = now;
  }
}

std::string Client::NextNote() const { return absl::StrCat("c", id_, ".", next_); }

Operation Client::Begin(Kind kind) {
  Operation op;
  op.kind = kind;
  op.note = NextNote();
  ++next_;
  return op;
}

template <typename Call>
const Operation& Client::Run(Operation op, Call call) {
  op.call = ticks_->Next();
  call(&op);
  op.returned = ticks_->Next();
  op.lost = absl::IsUnavailable(op.status);
  if (op.lost) op.returned = kNever;
  session_.push_back(std::move(op));
  return session_.back();
}

Operation Client::PlanPut(const std::string& key, const std::string& value, Revision expected, LeaseId lease) {
  Operation op = Begin(Kind::kPut);
  op.key = key;
  op.value = value;
  op.expected = expected;
  op.lease.id = lease;
  return op;
}

Operation Client::PlanDelete(const std::string& key, Revision expected) {
  Operation op = Begin(Kind::kDelete);
  op.key = key;
  op.expected = expected;
  return op;
}

store::Write Client::WriteOf(const Operation& op) const {
  store::Write write;
  write.kind = op.kind == Kind::kPut ? store::Write::Kind::kPut : store::Write::Kind::kDelete;
  write.key = op.key;
  write.value = op.value;
  write.expected = op.expected;
  write.lease = op.lease.id;
  write.origin = OriginOf(op);
  return write;
}

const Operation& Client::Put(const std::string& key, const std::string& value, Revision expected, LeaseId lease) {
  return Run(PlanPut(key, value, expected, lease), [this](Operation* op) {
    RecordRevision(store_->Put(op->key, op->value, op->expected, op->lease.id, OriginOf(*op)), op);
  });
}

const Operation& Client::Delete(const std::string& key, Revision expected) {
  return Run(PlanDelete(key, expected),
             [this](Operation* op) { RecordRevision(store_->Delete(op->key, op->expected, OriginOf(*op)), op); });
}

void Client::Apply(std::vector<Operation> operations) {
  std::vector<store::Write> writes;
  writes.reserve(operations.size());
  for (const Operation& op : operations) writes.push_back(WriteOf(op));
  const Tick call = ticks_->Next();
  store_->Apply(absl::MakeSpan(writes));
  const Tick returned = ticks_->Next();
  for (size_t i = 0; i < writes.size(); ++i) {
    Operation& op = operations[i];
    op.call = call;
    RecordRevision(std::move(writes[i].result), &op);
    op.lost = absl::IsUnavailable(op.status);
    op.returned = op.lost ? kNever : returned;
    session_.push_back(std::move(op));
  }
}

const Operation& Client::Transact(std::vector<BodyCall> body, bool abandon) {
  Operation planned = Begin(Kind::kTransaction);
  planned.body = std::move(body);
  planned.abandon = abandon;
  return Run(std::move(planned), [this](Operation* op) {
    const auto run = [op](store::Transaction& transaction) {
      op->body_revision = transaction.revision();
      for (BodyCall& call : op->body) RunBodyCall(transaction, &call);
      return op->abandon ? absl::Status(kAbandoned, "on purpose") : absl::OkStatus();
    };
    RecordRevision(store_->Transact(run, OriginOf(*op)), op);
  });
}

const Operation& Client::Get(const std::string& key, Revision at) {
  Operation planned = Begin(Kind::kGet);
  planned.key = key;
  planned.at = at;
  return Run(std::move(planned), [this](Operation* op) {
    Record(store_->Get(op->key, op->at), op, [op](KeyValue kv) { op->items = {std::move(kv)}; });
  });
}

const Operation& Client::List(const KeyRange& range, size_t limit, Revision at) {
  Operation planned = Begin(Kind::kList);
  planned.range = range;
  planned.limit = limit;
  planned.at = at;
  return Run(std::move(planned), [this](Operation* op) {
    Record(store_->List(op->range, op->limit, op->at), op, [op](store::ListResult list) {
      op->items = std::move(list.items);
      op->more = list.more;
      op->revision = list.revision;
    });
  });
}

const Operation& Client::Count(const KeyRange& range, Revision at) {
  Operation planned = Begin(Kind::kCount);
  planned.range = range;
  planned.at = at;
  return Run(std::move(planned), [this](Operation* op) {
    Record(store_->Count(op->range, op->at), op, [op](int64_t count) { op->count = count; });
  });
}

const Operation& Client::History(const std::string& key, size_t limit, Revision at) {
  Operation planned = Begin(Kind::kHistory);
  planned.key = key;
  planned.limit = limit;
  planned.at = at;
  return Run(std::move(planned), [this](Operation* op) {
    Record(store_->History(op->key, op->limit, op->at), op,
           [op](std::vector<store::Change> changes) { op->changes = std::move(changes); });
  });
}

const Operation& Client::RevisionAt(absl::Time time) {
  Operation planned = Begin(Kind::kRevisionAt);
  planned.time = time;
  return Run(std::move(planned), [this](Operation* op) { RecordRevision(store_->RevisionAt(op->time), op); });
}

const Operation& Client::GrantLease(const store::Lease& lease) {
  Operation planned = Begin(Kind::kGrantLease);
  planned.lease = lease;
  return Run(std::move(planned), [this](Operation* op) { op->status = store_->GrantLease(op->lease); });
}

const Operation& Client::RenewLease(LeaseId id, absl::Time deadline) {
  Operation planned = Begin(Kind::kRenewLease);
  planned.lease.id = id;
  planned.lease.deadline = deadline;
  return Run(std::move(planned),
             [this](Operation* op) { op->status = store_->RenewLease(op->lease.id, op->lease.deadline); });
}

const Operation& Client::RevokeLease(LeaseId id) {
  Operation planned = Begin(Kind::kRevokeLease);
  planned.lease.id = id;
  return Run(std::move(planned),
             [this](Operation* op) { RecordRevision(store_->RevokeLease(op->lease.id, OriginOf(*op)), op); });
}

const Operation& Client::GetLease(LeaseId id) {
  Operation planned = Begin(Kind::kGetLease);
  planned.lease.id = id;
  return Run(std::move(planned), [this](Operation* op) {
    Record(store_->GetLease(op->lease.id), op, [op](const store::Lease& lease) { op->lease = lease; });
  });
}

const Operation& Client::LeaseKeys(LeaseId id) {
  Operation planned = Begin(Kind::kLeaseKeys);
  planned.lease.id = id;
  return Run(std::move(planned), [this](Operation* op) {
    Record(store_->LeaseKeys(op->lease.id), op, [op](std::vector<std::string> keys) { op->keys = std::move(keys); });
  });
}

const Operation& Client::Leases() {
  return Run(Begin(Kind::kLeases), [this](Operation* op) { op->leases = store_->Leases(); });
}

const Operation& Client::ExpireLeases(absl::Time now) {
  Operation planned = Begin(Kind::kExpireLeases);
  planned.time = now;
  return Run(std::move(planned), [this](Operation* op) {
    Record(store_->ExpireLeases(op->time), op, [op](absl::Time next) { op->lease.deadline = next; });
  });
}

const Operation& Client::Compact(Revision revision) {
  Operation planned = Begin(Kind::kCompact);
  planned.at = revision;
  return Run(std::move(planned), [this](Operation* op) { op->status = store_->Compact(op->at); });
}

const Operation& Client::CurrentRevision() {
  return Run(Begin(Kind::kCurrentRevision), [this](Operation* op) { op->revision = store_->CurrentRevision(); });
}

const Operation& Client::CompactedRevision() {
  return Run(Begin(Kind::kCompactedRevision), [this](Operation* op) { op->revision = store_->CompactedRevision(); });
}

std::unique_ptr<store::Watch> Client::NewWatch(const KeyRange& range, Revision after, std::function<void()> on_ready) {
  Operation planned = Begin(Kind::kNewWatch);
  planned.range = range;
  planned.at = after;
  std::unique_ptr<store::Watch> watch;
  Run(std::move(planned), [&](Operation* op) {
    auto made = store_->NewWatch(op->range, op->at, std::move(on_ready));
    op->status = made.status();
    if (made.ok()) watch = *std::move(made);
  });
  return watch;
}

}  // namespace kubelite::robustness
