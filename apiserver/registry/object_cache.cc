#include "apiserver/registry/object_cache.h"

#include <utility>

namespace kubelite::apiserver {
namespace {

// A decoded object takes about this many times its stored form, plus what the entry itself needs.
constexpr size_t kExpansion = 3;
constexpr size_t kEntryOverhead = 256;

}  // namespace

api::ObjectPtr ObjectCache::Find(absl::string_view key, store::Revision revision) {
  base::MutexLock lock(&mutex_);
  const auto found = index_.find(key);
  if (found == index_.end()) return nullptr;
  recent_.splice(recent_.begin(), recent_, found->second);
  const Entry& entry = *found->second;
  if (entry.newest.revision == revision) return entry.newest.object;
  if (entry.older.revision == revision) return entry.older.object;
  return nullptr;
}

api::ObjectPtr ObjectCache::Insert(absl::string_view key, store::Revision revision, api::ObjectPtr object,
                                   size_t encoded_size) {
  Slot slot{revision, object, encoded_size * kExpansion + kEntryOverhead};
  Slot dropped;  // destroyed after the lock is released
  base::MutexLock lock(&mutex_);
  auto found = index_.find(key);
  if (found == index_.end()) {
    recent_.push_front(Entry{std::string(key), {}, {}});
    found = index_.emplace(recent_.front().key, recent_.begin()).first;
  } else {
    recent_.splice(recent_.begin(), recent_, found->second);
  }
  Entry& entry = *found->second;
  if (entry.newest.revision == revision) return entry.newest.object;
  if (entry.older.revision == revision) return entry.older.object;
  if (revision > entry.newest.revision) {
    dropped = std::move(entry.older);
    bytes_ -= dropped.bytes;
    entry.older = std::move(entry.newest);
    entry.newest = std::move(slot);
    bytes_ += entry.newest.bytes;
  } else if (revision > entry.older.revision) {
    dropped = std::move(entry.older);
    bytes_ -= dropped.bytes;
    entry.older = std::move(slot);
    bytes_ += entry.older.bytes;
  }
  Shrink();
  return object;
}

void ObjectCache::Shrink() {
  while (bytes_ > max_bytes_ && !recent_.empty()) {
    const Entry& last = recent_.back();
    bytes_ -= last.newest.bytes + last.older.bytes;
    index_.erase(last.key);
    recent_.pop_back();
  }
}

size_t ObjectCache::bytes() const {
  base::MutexLock lock(&mutex_);
  return bytes_;
}

}  // namespace kubelite::apiserver
