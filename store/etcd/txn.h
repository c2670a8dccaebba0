#pragma once

#include <map>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "etcd/rpc.pb.h"
#include "store/etcd/range.h"
#include "store/store.h"

namespace kubelite::etcd {

// What each request must hold by itself; InvalidArgument as etcd words it.
absl::Status CheckPut(const etcdserverpb::PutRequest& request);
absl::Status CheckDelete(const etcdserverpb::DeleteRangeRequest& request);
// Also that no key may be changed twice, whichever branches are taken.
absl::Status CheckTxn(const etcdserverpb::TxnRequest& request, int max_ops);

// Ranges of a transaction that name an older revision: what they read cannot change, so it is read before.
using OlderRanges = std::map<const etcdserverpb::RangeRequest*, absl::StatusOr<RangeResult>>;
void ReadOlderRanges(store::Store* store, const etcdserverpb::TxnRequest& request, OlderRanges* ranges);

// The operations as parts of one step of the store. They fill in the response but for the headers' identity.
absl::Status RunPut(store::Transaction* transaction, const etcdserverpb::PutRequest& request,
                    etcdserverpb::PutResponse* response);
absl::Status RunDelete(store::Transaction* transaction, const etcdserverpb::DeleteRangeRequest& request,
                       etcdserverpb::DeleteRangeResponse* response);
absl::Status RunTxn(store::Transaction* transaction, const etcdserverpb::TxnRequest& request, const OlderRanges& ranges,
                    etcdserverpb::TxnResponse* response);

// A transaction that says "change this key if it is at this revision", as the Kubernetes API server's do: on success it
// is one write that the store can check by itself.
struct ConditionalWrite {
  store::Write::Kind kind = store::Write::Kind::kPut;
  store::Revision expected = 0;
  const etcdserverpb::PutRequest* put = nullptr;
  const etcdserverpb::DeleteRangeRequest* del = nullptr;
};
// nullopt when `request` is none.
std::optional<ConditionalWrite> AsConditionalWrite(const etcdserverpb::TxnRequest& request);

}  // namespace kubelite::etcd
