#include "store/etcd/event_encoder.h"

#include <cstdint>

namespace kubelite::etcd {
namespace {

constexpr size_t kCacheBytes = 8 << 20;

}  // namespace

Bytes EventEncoder::Encode(const store::EventPtr& event, bool prev_kv) {
  const bool with_previous = prev_kv && event->previous != nullptr;
  // Events are allocated one after another: the low bits say nothing.
  Entry& entry = entries_[(reinterpret_cast<uintptr_t>(event.get()) >> 6) % entries_.size()];
  if (entry.event != event) {
    for (const Bytes& old : entry.encoded) bytes_ -= old.view.size();
    entry = {};
    entry.event = event;
  }
  Bytes& encoded = entry.encoded[with_previous ? 1 : 0];
  if (encoded.owner == nullptr) {
    encoded = EncodeEvent(*event, with_previous);
    bytes_ += encoded.view.size();
  }
  Bytes result = encoded;
  if (bytes_ > kCacheBytes) {
    entries_.fill({});
    bytes_ = 0;
  }
  return result;
}

}  // namespace kubelite::etcd
