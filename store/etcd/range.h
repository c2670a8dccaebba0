#pragma once

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "etcd/rpc.pb.h"
#include "store/etcd/backend.h"
#include "store/etcd/transport/message.h"
#include "store/store.h"

namespace kubelite::etcd {

// What a RangeRequest finds.
struct RangeResult {
  std::vector<store::KeyValue> kvs;
  bool more = false;
  int64_t count = 0;
  store::Revision revision = 0;  // the latest, for the header, also when an older one was read
};

// InvalidArgument as etcd words it.
absl::Status CheckRange(const etcdserverpb::RangeRequest& request);
// Whether ReadRange is one look-up, cheap enough for a thread that others wait for.
bool IsSingleKey(const etcdserverpb::RangeRequest& request);
absl::StatusOr<RangeResult> ReadRange(store::Store* store, const etcdserverpb::RangeRequest& request);

// The answer to a request, as ReadRange and RangeEncoder make it, without keeping what needs no sorting.
absl::StatusOr<Message> AnswerRange(const Identity& identity, store::Store* store,
                                    const etcdserverpb::RangeRequest& request);

// Within a transaction: reads what the transaction sees. `request` names no revision.
absl::StatusOr<RangeResult> ReadRange(store::Transaction* transaction, const etcdserverpb::RangeRequest& request);

void FillRangeResponse(const etcdserverpb::RangeRequest& request, const RangeResult& result,
                       etcdserverpb::RangeResponse* response);

}  // namespace kubelite::etcd
