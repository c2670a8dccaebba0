#pragma once

#include <atomic>

#include "store/store.h"

namespace kubelite::store {

// The revisions that can be read: [compacted, current]. Each only grows. Written by the commit leader and the
// compactor, read by anyone.
struct Horizon {
  std::atomic<Revision> current = 0;    // durable, with all before it
  std::atomic<Revision> compacted = 0;  // durable; nothing at or above it that a reader needs is dropped
};

}  // namespace kubelite::store
