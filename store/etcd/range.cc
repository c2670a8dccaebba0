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

}  // namespace

absl::Status CheckRange(const RangeRequest& request) {
  return request.key().empty() ? EmptyKeyError() : absl::OkStatus();
}

bool IsSingleKey(const RangeRequest& request) { return request.range_end().empty(); }

absl::StatusOr<RangeResult> ReadRange(store::Store* store, const RangeRequest& request) {
  while (true) {
    const store::Revision current = store->CurrentRevision();
    const bool latest = request.revision() <= 0;
    const store::Revision at = latest ? current : ToStoreRevision(request.revision());
    if (at > current) return FutureRevisionError();
    // At 0 there was nothing yet; the store would take it for the latest.
    if (at == 0 && store->CompactedRevision() > 0 && !latest) return CompactedError();
    if (at == 0) return RangeResult{.revision = current};
    absl::StatusOr<RangeResult> result =
        IsSingleKey(request) ? ReadOne(store, request, at) : ReadMany(store, request, at);
    // What was the latest was compacted meanwhile: there is a newer one.
    if (latest && absl::IsOutOfRange(result.status())) continue;
    if (!result.ok()) return FromStore(result.status());
    result->revision = current;
    return result;
  }
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
