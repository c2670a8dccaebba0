#include "store/etcd/range.h"

#include <algorithm>
#include <utility>

#include "common/base/status_macros.h"
#include "store/etcd/encoding.h"
#include "store/etcd/errors.h"

namespace kubelite::etcd {
namespace {

using etcdserverpb::RangeRequest;
using store::KeyValue;

bool IsFiltered(const RangeRequest& request) {
  return request.min_mod_revision() != 0 || request.max_mod_revision() != 0 || request.min_create_revision() != 0 ||
         request.max_create_revision() != 0;
}

// The store lists in ascending order of keys.
bool IsSorted(const RangeRequest& request) {
  return request.sort_target() == RangeRequest::KEY && request.sort_order() != RangeRequest::DESCEND;
}

bool Outside(store::Revision revision, int64_t min, int64_t max) {
  const int64_t etcd_revision = ToEtcdRevision(revision);
  return (min != 0 && etcd_revision < min) || (max != 0 && etcd_revision > max);
}

bool Less(RangeRequest::SortTarget target, const KeyValue& a, const KeyValue& b) {
  switch (target) {
    case RangeRequest::VERSION:
      return a.version < b.version;
    case RangeRequest::CREATE:
      return a.create_revision < b.create_revision;
    case RangeRequest::MOD:
      return a.mod_revision < b.mod_revision;
    case RangeRequest::VALUE:
      return a.value < b.value;
    default:
      return a.key < b.key;
  }
}

// The limit that the store can apply; 0 when filters and order come first.
size_t ListLimit(const RangeRequest& request) {
  if (request.limit() <= 0 || IsFiltered(request) || !IsSorted(request)) return 0;
  return static_cast<size_t>(request.limit());
}

// Filters, sorts and cuts what was listed with ListLimit.
void Select(const RangeRequest& request, RangeResult* result) {
  std::vector<KeyValue>& kvs = result->kvs;
  if (IsFiltered(request)) {
    const auto outside = [&](const KeyValue& kv) {
      return Outside(kv.mod_revision, request.min_mod_revision(), request.max_mod_revision()) ||
             Outside(kv.create_revision, request.min_create_revision(), request.max_create_revision());
    };
    kvs.erase(std::remove_if(kvs.begin(), kvs.end(), outside), kvs.end());
  }
  if (!IsSorted(request)) {
    const bool descending = request.sort_order() == RangeRequest::DESCEND;
    std::stable_sort(kvs.begin(), kvs.end(), [&](const KeyValue& a, const KeyValue& b) {
      return descending ? Less(request.sort_target(), b, a) : Less(request.sort_target(), a, b);
    });
  }
  const auto limit = static_cast<size_t>(std::max<int64_t>(request.limit(), 0));
  if (limit == 0 || kvs.size() <= limit) return;
  kvs.resize(limit);
  result->more = true;
}

absl::StatusOr<RangeResult> ReadOne(store::Store* store, const RangeRequest& request, store::Revision at) {
  RangeResult result;
  absl::StatusOr<KeyValue> kv = store->Get(request.key(), at);
  if (kv.ok()) {
    result.count = 1;
    if (!request.count_only()) result.kvs.push_back(*std::move(kv));
  } else if (!absl::IsNotFound(kv.status())) {
    return kv.status();
  }
  Select(request, &result);
  return result;
}

absl::StatusOr<RangeResult> ReadMany(store::Store* store, const RangeRequest& request, store::Revision at) {
  RangeResult result;
  const store::KeyRange range = ToRange(request.key(), request.range_end());
  if (IsEmpty(range)) return result;
  if (request.count_only()) {
    ASSIGN_OR_RETURN(result.count, store->Count(range, at));
    return result;
  }
  ASSIGN_OR_RETURN(store::ListResult listed, store->List(range, ListLimit(request), at));
  result.more = listed.more;
  result.kvs = std::move(listed.items);
  result.count = static_cast<int64_t>(result.kvs.size());
  if (listed.more) {
    ASSIGN_OR_RETURN(result.count, store->Count(range, at));
  }
  Select(request, &result);
  return result;
}

// What `read` makes at the revision that the request names; given 0 when there was nothing yet.
template <typename T, typename ReadFn>
absl::StatusOr<T> AtRevision(store::Store* store, const RangeRequest& request, store::Revision* current, ReadFn read) {
  const bool latest = request.revision() <= 0;
  while (true) {
    *current = store->CurrentRevision();
    const store::Revision at = latest ? *current : ToStoreRevision(request.revision());
    if (at > *current) return FutureRevisionError();
    // The store would take 0 for the latest.
    if (at == 0 && store->CompactedRevision() > 0 && !latest) return CompactedError();
    absl::StatusOr<T> result = read(at);
    // What was the latest was compacted meanwhile: there is a newer one.
    if (latest && absl::IsOutOfRange(result.status())) continue;
    if (!result.ok()) return FromStore(result.status());
    return result;
  }
}

}  // namespace

absl::Status CheckRange(const RangeRequest& request) {
  return request.key().empty() ? EmptyKeyError() : absl::OkStatus();
}

bool IsSingleKey(const RangeRequest& request) { return request.range_end().empty(); }

absl::StatusOr<RangeResult> ReadRange(store::Store* store, const RangeRequest& request) {
  store::Revision current = 0;
  absl::StatusOr<RangeResult> result =
      AtRevision<RangeResult>(store, request, &current, [&](store::Revision at) -> absl::StatusOr<RangeResult> {
        if (at == 0) return RangeResult();
        return IsSingleKey(request) ? ReadOne(store, request, at) : ReadMany(store, request, at);
      });
  if (result.ok()) result->revision = current;
  return result;
}

absl::StatusOr<Message> AnswerRange(const Identity& identity, store::Store* store, const RangeRequest& request) {
  if (IsSingleKey(request) || IsFiltered(request) || !IsSorted(request) || request.count_only()) {
    ASSIGN_OR_RETURN(const RangeResult result, ReadRange(store, request));
    RangeEncoder encoder(identity, result.revision, request.keys_only());
    for (const KeyValue& kv : result.kvs) encoder.Add(kv);
    return encoder.Finish(result.more, result.count);
  }
  const store::KeyRange range = ToRange(request.key(), request.range_end());
  store::Revision current = 0;
  return AtRevision<Message>(store, request, &current, [&](store::Revision at) -> absl::StatusOr<Message> {
    RangeEncoder encoder(identity, current, request.keys_only());
    if (at == 0 || IsEmpty(range)) return encoder.Finish(false, 0);
    ASSIGN_OR_RETURN(
        const store::ScanResult scanned,
        store->Scan(range, ListLimit(request), at, [&](const store::KeyValueView& kv) { encoder.Add(kv); }));
    int64_t count = encoder.added();
    if (scanned.more) {
      ASSIGN_OR_RETURN(count, store->Count(range, at));
    }
    return encoder.Finish(scanned.more, count);
  });
}

absl::StatusOr<RangeResult> ReadRange(store::Transaction* transaction, const RangeRequest& request) {
  RangeResult result;
  const store::KeyRange range = ToRange(request.key(), request.range_end());
  if (IsEmpty(range)) return result;
  if (IsSingleKey(request)) {
    absl::StatusOr<KeyValue> kv = transaction->Get(request.key());
    if (kv.ok()) result.kvs.push_back(*std::move(kv));
    if (!kv.ok() && !absl::IsNotFound(kv.status())) return FromStore(kv.status());
  } else {
    // Unlimited: a transaction cannot count.
    absl::StatusOr<store::ListResult> listed = transaction->List(range, 0);
    if (!listed.ok()) return FromStore(listed.status());
    result.kvs = std::move(listed->items);
  }
  result.count = static_cast<int64_t>(result.kvs.size());
  if (request.count_only()) result.kvs.clear();
  Select(request, &result);
  return result;
}

void FillRangeResponse(const RangeRequest& request, const RangeResult& result, etcdserverpb::RangeResponse* response) {
  for (const KeyValue& kv : result.kvs) FillKeyValue(kv, request.keys_only(), response->add_kvs());
  response->set_more(result.more);
  response->set_count(result.count);
}

}  // namespace kubelite::etcd
