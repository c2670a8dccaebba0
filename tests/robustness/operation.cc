#include "tests/robustness/operation.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace kubelite::robustness {
namespace {

using Kind = Operation::Kind;

const char* Name(Kind kind) {
  switch (kind) {
    case Kind::kPut:
      return "Put";
    case Kind::kDelete:
      return "Delete";
    case Kind::kTransaction:
      return "Transact";
    case Kind::kRevokeLease:
      return "RevokeLease";
    case Kind::kGet:
      return "Get";
    case Kind::kList:
      return "List";
    case Kind::kCount:
      return "Count";
    case Kind::kHistory:
      return "History";
    case Kind::kRevisionAt:
      return "RevisionAt";
    case Kind::kGrantLease:
      return "GrantLease";
    case Kind::kRenewLease:
      return "RenewLease";
    case Kind::kGetLease:
      return "GetLease";
    case Kind::kLeaseKeys:
      return "LeaseKeys";
    case Kind::kLeases:
      return "Leases";
    case Kind::kExpireLeases:
      return "ExpireLeases";
    case Kind::kCompact:
      return "Compact";
    case Kind::kCurrentRevision:
      return "CurrentRevision";
    case Kind::kCompactedRevision:
      return "CompactedRevision";
    case Kind::kNewWatch:
      return "NewWatch";
    case Kind::kPowerLoss:
      return "PowerLoss";
  }
  return "?";
}

std::string Time(absl::Time time) { return absl::StrCat(absl::ToUnixSeconds(time), "s"); }

std::string RangeText(const KeyRange& range) {
  return absl::StrCat("[", ToText(KeyChange{range.begin, "", 0}), " .. ", ToText(KeyChange{range.end, "", 0}), ")");
}

std::string ItemsText(const std::vector<KeyValue>& items, bool more) {
  return absl::StrCat("{", absl::StrJoin(items, ", ", [](std::string* out, const KeyValue& kv) { *out += ToText(kv); }),
                      more ? ", ...}" : "}");
}

std::string BodyText(const BodyCall& call) {
  switch (call.kind) {
    case BodyCall::Kind::kGet:
      return absl::StrCat(
          "Get ", ToText(KeyChange{call.key, std::nullopt, 0}).substr(1), " -> ",
          call.status.ok() ? ItemsText(call.items, false) : absl::StatusCodeToString(call.status.code()));
    case BodyCall::Kind::kList:
      return absl::StrCat("List ", RangeText(call.range), " limit ", call.limit, " -> ",
                          ItemsText(call.items, call.more));
    case BodyCall::Kind::kPut:
      return absl::StrCat(ToText(KeyChange{call.key, call.value, call.lease}), " -> ",
                          absl::StatusCodeToString(call.status.code()));
    case BodyCall::Kind::kDelete:
      return absl::StrCat(ToText(KeyChange{call.key, std::nullopt, 0}), " -> ",
                          absl::StatusCodeToString(call.status.code()));
  }
  return "?";
}

std::string Arguments(const Operation& op) {
  switch (op.kind) {
    case Kind::kPut:
      return absl::StrCat(ToText(KeyChange{op.key, op.value, op.lease.id}), " expected ", op.expected);
    case Kind::kDelete:
      return absl::StrCat(ToText(KeyChange{op.key, std::nullopt, 0}), " expected ", op.expected);
    case Kind::kTransaction:
      return absl::StrCat(
          "as ", op.body_revision, " {",
          absl::StrJoin(op.body, "; ", [](std::string* out, const BodyCall& c) { *out += BodyText(c); }),
          op.abandon ? "; abandon}" : "}");
    case Kind::kGet:
      return absl::StrCat(ToText(KeyChange{op.key, std::nullopt, 0}).substr(1), " at ", op.at);
    case Kind::kHistory:
      return absl::StrCat(ToText(KeyChange{op.key, std::nullopt, 0}).substr(1), " limit ", op.limit, " at ", op.at);
    case Kind::kList:
    case Kind::kCount:
      return absl::StrCat(RangeText(op.range), " limit ", op.limit, " at ", op.at);
    case Kind::kNewWatch:
      return absl::StrCat(RangeText(op.range), " after ", op.at);
    case Kind::kRevisionAt:
    case Kind::kExpireLeases:
      return Time(op.time);
    case Kind::kGrantLease:
    case Kind::kRenewLease:
      return absl::StrCat(op.lease.id, " until ", Time(op.lease.deadline));
    case Kind::kRevokeLease:
    case Kind::kGetLease:
    case Kind::kLeaseKeys:
      return absl::StrCat(op.lease.id);
    case Kind::kCompact:
      return absl::StrCat(op.at);
    case Kind::kLeases:
    case Kind::kCurrentRevision:
    case Kind::kCompactedRevision:
    case Kind::kPowerLoss:
      return "";
  }
  return "?";
}

std::string Answer(const Operation& op) {
  switch (op.kind) {
    case Kind::kGet:
    case Kind::kList:
      return absl::StrCat(ItemsText(op.items, op.more), op.kind == Kind::kGet ? "" : absl::StrCat(" at ", op.revision));
    case Kind::kCount:
      return absl::StrCat(op.count);
    case Kind::kHistory:
      return absl::StrCat("{",
                          absl::StrJoin(op.changes, ", ",
                                        [](std::string* out, const store::Change& change) {
                                          absl::StrAppend(out, ToText(*change.event), " by ", change.origin.note);
                                        }),
                          "}");
    case Kind::kGetLease:
    case Kind::kExpireLeases:
      return Time(op.lease.deadline);
    case Kind::kLeaseKeys:
      return absl::StrCat("{", absl::StrJoin(op.keys, ", "), "}");
    case Kind::kLeases:
      return absl::StrCat("{",
                          absl::StrJoin(op.leases, ", ",
                                        [](std::string* out, const store::Lease& lease) {
                                          absl::StrAppend(out, lease.id, " until ", Time(lease.deadline));
                                        }),
                          "}");
    default:
      return absl::StrCat(op.revision);
  }
}

}  // namespace

bool Operation::IsStep() const {
  switch (kind) {
    case Kind::kPut:
    case Kind::kDelete:
    case Kind::kTransaction:
    case Kind::kRevokeLease:
      return lost ? revision != 0 : status.ok();
    default:
      return false;
  }
}

std::string ToText(const Operation& op) {
  const std::string head =
      absl::StrCat(op.note, " [", op.call, ",", op.returned == kNever ? "" : absl::StrCat(op.returned), "] ",
                   Name(op.kind), " ", Arguments(op), " -> ");
  if (op.lost) return absl::StrCat(head, "lost", op.revision == 0 ? "" : absl::StrCat(", found at ", op.revision));
  return absl::StrCat(head, op.status.ok() ? Answer(op) : op.status.ToString());
}

}  // namespace kubelite::robustness
