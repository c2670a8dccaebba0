#pragma once

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "store/store.h"

namespace kubelite::store {

// The last changes of recently written keys, so that the next write of one need not look its value up. Bounded in
// bytes: of two generations the older one is dropped when the younger one is full. Belongs to the commit leader.
class NewestCache {
 public:
  // About half of what it takes.
  explicit NewestCache(size_t generation_bytes) : generation_bytes_(generation_bytes) {}

  // The newest change of the key, null when it is not known.
  EventPtr Find(absl::string_view key);
  void Insert(const EventPtr& event);
  void Clear();

 private:
  using Generation = absl::flat_hash_map<absl::string_view, EventPtr>;  // by the key in the event

  const size_t generation_bytes_;
  Generation young_;
  Generation old_;
  size_t young_bytes_ = 0;
};

}  // namespace kubelite::store
