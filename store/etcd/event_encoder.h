#pragma once

#include <array>
#include <cstddef>

#include "store/etcd/encoding.h"
#include "store/store.h"

namespace kubelite::etcd {

// Encodes each recent change once for all watchers of one loop. Not thread-safe.
class EventEncoder {
 public:
  // As EncodeEvent.
  Bytes Encode(const store::EventPtr& event, bool prev_kv);

 private:
  struct Entry {
    store::EventPtr event;
    std::array<Bytes, 2> encoded;  // without and with prev_kv; empty until wanted
  };
  std::array<Entry, 256> entries_;  // by the event's address
  size_t bytes_ = 0;
};

}  // namespace kubelite::etcd
