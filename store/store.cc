#include "store/store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace kubelite::store {

KeyRange KeyRange::Prefix(absl::string_view prefix) {
  KeyRange range{std::string(prefix), std::string(prefix)};
  while (!range.end.empty() && range.end.back() == '\xff') range.end.pop_back();
  if (!range.end.empty()) range.end.back() = static_cast<char>(static_cast<uint8_t>(range.end.back()) + 1);
  return range;
}

KeyRange KeyRange::Single(absl::string_view key) {
  KeyRange range{std::string(key), std::string(key)};
  range.end.push_back('\0');
  return range;
}

KeyRange KeyRange::From(absl::string_view start) const {
  return {std::string(std::max(absl::string_view(begin), start)), end};
}

bool KeyRange::Contains(absl::string_view key) const { return key >= begin && (end.empty() || key < end); }

absl::Status CompactedError(Revision requested, Revision compacted) {
  return absl::OutOfRangeError(
      absl::StrCat("revision ", requested, " was compacted; the oldest that can be read is ", compacted));
}

absl::StatusOr<ListResult> Store::List(const KeyRange& range, size_t limit, Revision at) {
  ListResult result;
  ASSIGN_OR_RETURN(const ScanResult scanned, Scan(range, limit, at, [&](const KeyValueView& view) {
                     KeyValue& kv = result.items.emplace_back();
                     kv.key.assign(view.key.data(), view.key.size());
                     kv.value.assign(view.value.data(), view.value.size());
                     kv.create_revision = view.create_revision;
                     kv.mod_revision = view.mod_revision;
                     kv.version = view.version;
                     kv.lease = view.lease;
                   }));
  result.revision = scanned.revision;
  result.more = scanned.more;
  return result;
}

absl::StatusOr<Revision> Store::Put(absl::string_view key, absl::string_view value, Revision expected, LeaseId lease,
                                    Origin origin) {
  Write write;
  write.kind = Write::Kind::kPut;
  write.key = key;
  write.value = value;
  write.expected = expected;
  write.lease = lease;
  write.origin = std::move(origin);
  Apply(absl::MakeSpan(&write, 1));
  return std::move(write.result);
}

absl::StatusOr<Revision> Store::Delete(absl::string_view key, Revision expected, Origin origin) {
  Write write;
  write.kind = Write::Kind::kDelete;
  write.key = key;
  write.expected = expected;
  write.origin = std::move(origin);
  Apply(absl::MakeSpan(&write, 1));
  return std::move(write.result);
}

absl::StatusOr<Revision> Store::Transact(TransactionBody body, Origin origin) {
  Write write;
  write.kind = Write::Kind::kTransaction;
  write.body = std::move(body);
  write.origin = std::move(origin);
  Apply(absl::MakeSpan(&write, 1));
  return std::move(write.result);
}

}  // namespace kubelite::store
