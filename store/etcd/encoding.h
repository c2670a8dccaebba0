#pragma once

#include <cstdint>
#include <string>

#include "absl/types/span.h"
#include "etcd/rpc.pb.h"
#include "store/etcd/backend.h"
#include "store/etcd/transport/message.h"
#include "store/store.h"

namespace kubelite::etcd {

// The answers that are large or many, written to the wire directly from the store's values: protobuf's own messages
// would copy each key and value twice. encoding_test.cc holds them against the generated code.

// An answer to Range. With `keys_only` without values.
Message EncodeRangeResponse(const Identity& identity, store::Revision revision, absl::Span<const store::KeyValue> kvs,
                            bool keys_only, bool more, int64_t count);

// An answer to Put without prev_kv.
Message EncodePutResponse(const Identity& identity, store::Revision revision);

// One change as a field of WatchResponse.
Bytes EncodeEvent(const store::Event& event, bool prev_kv);

// A WatchResponse with changes as EncodeEvent made them, shared.
Message EncodeWatchResponse(const Identity& identity, store::Revision revision, int64_t watch_id, bool fragment,
                            absl::Span<const Bytes> events);

void FillKeyValue(const store::KeyValue& from, bool keys_only, mvccpb::KeyValue* to);

}  // namespace kubelite::etcd
