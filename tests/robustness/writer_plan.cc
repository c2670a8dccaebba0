#include "tests/robustness/writer_plan.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/random.h"
#include "common/base/status_macros.h"

namespace kubelite::robustness {
namespace {

using Kind = Operation::Kind;

constexpr int64_t kLeaseLife = 16;
constexpr uint64_t kOwnKeys = 12;
constexpr uint64_t kSharedKeys = 6;

std::string AnyKey(int writer, base::Random* random) {
  if (random->Uniform(4) == 0) return absl::StrCat("shared/", random->Uniform(kSharedKeys));
  return absl::StrCat("w", writer, "/", random->Uniform(kOwnKeys));
}

std::string AnyValue(const std::string& note, base::Random* random) {
  // Now and then large: a batch then spans blocks of the write-ahead log.
  const uint64_t padding = random->Uniform(100) == 0 ? 40'000 : random->Uniform(300);
  return absl::StrCat(note, std::string(padding, '.'));
}

absl::Status RunBody(const std::vector<BodyCall>& body, store::Transaction& transaction) {
  for (const BodyCall& call : body) {
    const absl::Status status = call.kind == BodyCall::Kind::kPut ? transaction.Put(call.key, call.value, call.lease)
                                                                  : transaction.Delete(call.key);
    // Absent keys, and keys it has written already, stay as they are.
    if (!status.ok() && !absl::IsNotFound(status) && !absl::IsInvalidArgument(status)) return status;
  }
  return absl::OkStatus();
}

}  // namespace

Operation PlannedOperation(int64_t round, int writer, int64_t n) {
  base::Random random(static_cast<uint64_t>((round * kWriters + writer) * 1'000'003 + n));
  Operation op;
  op.note = absl::StrCat("r", round, ".w", writer, ".", n);
  op.lease.id = ((round * kWriters + writer) * 1'000'000 + n / kLeaseLife) + 1;
  op.lease.ttl = absl::Seconds(10);
  op.lease.deadline = absl::UnixEpoch() + absl::Seconds(n);
  if (n % kLeaseLife == 0 || n % kLeaseLife == kLeaseLife - 1) {
    op.kind = n % kLeaseLife == 0 ? Kind::kGrantLease : Kind::kRevokeLease;
    return op;
  }
  const auto any_lease = [&] { return random.Uniform(5) == 0 ? op.lease.id : 0; };
  const uint64_t choice = random.Uniform(20);
  if (choice < 10) {
    op.kind = Kind::kPut;
    op.expected = store::kAnyRevision;
    op.key = AnyKey(writer, &random);
    op.value = AnyValue(op.note, &random);
    op.lease.id = any_lease();
    return op;
  }
  if (choice < 13) {
    op.kind = Kind::kDelete;
    op.expected = store::kAnyRevision;
    op.key = AnyKey(writer, &random);
    return op;
  }
  op.kind = Kind::kTransaction;
  for (uint64_t i = 1 + random.Uniform(6); i > 0; --i) {
    BodyCall call;
    call.kind = random.Uniform(5) == 0 ? BodyCall::Kind::kDelete : BodyCall::Kind::kPut;
    call.key = AnyKey(writer, &random);
    if (call.kind == BodyCall::Kind::kPut) {
      call.value = AnyValue(absl::StrCat(op.note, "/", i), &random);
      call.lease = any_lease();
    }
    op.body.push_back(std::move(call));
  }
  return op;
}

namespace {

store::Write WriteOf(const Operation& op) {
  store::Write write;
  write.origin = {absl::UnixEpoch(), op.note};
  write.key = op.key;
  write.value = op.value;
  write.expected = op.expected;
  if (op.kind == Kind::kPut) {
    write.lease = op.lease.id;
  } else if (op.kind == Kind::kDelete) {
    write.kind = store::Write::Kind::kDelete;
  } else {
    write.kind = store::Write::Kind::kTransaction;
    write.body = [&op](store::Transaction& transaction) { return RunBody(op.body, transaction); };
  }
  return write;
}

}  // namespace

std::vector<Revision> ExecuteTogether(const std::vector<Operation>& operations, store::Store* store) {
  std::vector<store::Write> writes;
  for (const Operation& op : operations) writes.push_back(WriteOf(op));
  store->Apply(absl::MakeSpan(writes));
  std::vector<Revision> revisions;
  for (size_t i = 0; i < writes.size(); ++i) {
    const auto& result = writes[i].result;
    const bool absent = operations[i].kind == Kind::kDelete && absl::IsNotFound(result.status());
    if (!result.ok() && !absent) break;
    revisions.push_back(absent ? 0 : *result);
  }
  return revisions;
}

absl::StatusOr<Revision> Execute(const Operation& op, store::Store* store) {
  if (op.kind == Kind::kGrantLease) {
    RETURN_IF_ERROR(store->GrantLease(op.lease));
    return 0;
  }
  if (op.kind == Kind::kRevokeLease) return store->RevokeLease(op.lease.id, {absl::UnixEpoch(), op.note});
  store::Write write = WriteOf(op);
  store->Apply(absl::MakeSpan(&write, 1));
  if (op.kind == Kind::kDelete && absl::IsNotFound(write.result.status())) return 0;
  return std::move(write.result);
}

}  // namespace kubelite::robustness
