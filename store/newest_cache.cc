#include "store/newest_cache.h"

#include <utility>

namespace kubelite::store {
namespace {

size_t BytesOf(const Event& event) {
  constexpr size_t kOverhead = 320;
  size_t bytes = kOverhead + event.kv.key.size() + event.kv.value.size();
  if (event.previous != nullptr) bytes += event.previous->key.size() + event.previous->value.size();
  return bytes;
}

}  // namespace

EventPtr NewestCache::Find(absl::string_view key) {
  if (const auto it = young_.find(key); it != young_.end()) return it->second;
  const auto it = old_.find(key);
  if (it == old_.end()) return nullptr;
  EventPtr found = it->second;
  old_.erase(it);
  Insert(found);
  return found;
}

void NewestCache::Insert(const EventPtr& event) {
  // Erased first: the map's key must be that of the event it holds.
  old_.erase(event->kv.key);
  if (const auto it = young_.find(event->kv.key); it != young_.end()) {
    young_bytes_ -= BytesOf(*it->second);
    young_.erase(it);
  }
  const size_t bytes = BytesOf(*event);
  if (young_bytes_ + bytes > generation_bytes_) {
    old_ = std::exchange(young_, {});
    young_bytes_ = 0;
    if (bytes > generation_bytes_) return;
  }
  young_bytes_ += bytes;
  young_.emplace(event->kv.key, event);
}

void NewestCache::Clear() {
  young_.clear();
  old_.clear();
  young_bytes_ = 0;
}

}  // namespace kubelite::store
