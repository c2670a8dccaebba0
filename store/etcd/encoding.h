#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/types/span.h"
#include "etcd/rpc.pb.h"
#include "store/etcd/backend.h"
#include "store/etcd/transport/message.h"
#include "store/store.h"

namespace kubelite::etcd {

// The answers that are large or many, written to the wire directly from the store's values: protobuf's own messages
// would copy each key and value twice. encoding_test.cc holds them against the generated code.

// An answer to Range, written as its keys are found. With `keys_only` without values.
class RangeEncoder {
 public:
  RangeEncoder(const Identity& identity, store::Revision revision, bool keys_only);
  void Add(const store::KeyValueView& kv);
  void Add(const store::KeyValue& kv);
  int64_t added() const { return added_; }
  // The encoder is used up.
  Message Finish(bool more, int64_t count);

 private:
  template <typename Kv>
  void AddKv(const Kv& kv);
  // Where the next `size` bytes go.
  char* Reserve(size_t size);

  const bool keys_only_;
  Message message_;
  std::shared_ptr<char[]> chunk_;  // the last of message_.tail
  size_t used_ = 0;                // of the chunk
  size_t capacity_ = 0;
  int64_t added_ = 0;
};

// An answer to Put without prev_kv.
Message EncodePutResponse(const Identity& identity, store::Revision revision);

// One change as a field of WatchResponse.
Bytes EncodeEvent(const store::Event& event, bool prev_kv);

// A WatchResponse with changes as EncodeEvent made them, shared.
Message EncodeWatchResponse(const Identity& identity, store::Revision revision, int64_t watch_id, bool fragment,
                            absl::Span<const Bytes> events);

void FillKeyValue(const store::KeyValue& from, bool keys_only, mvccpb::KeyValue* to);

}  // namespace kubelite::etcd
