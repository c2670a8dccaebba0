#pragma once

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"

namespace kubelite::store {

// Lets one thread wait for another's word without a lock that both would fight for: what a condition variable is too
// heavy for when sixty writers wake at once. The words are small numbers; the first is 0.
class Parker {
 public:
  uint32_t word() const { return word_.load(std::memory_order_acquire); }
  // Waits while the word is `word`. May return early: call in a loop.
  void Wait(uint32_t word);
  void WaitFor(uint32_t word, absl::Duration limit);

  // Changes the word and wakes the waiting thread, which may destroy the parker at once: it is not touched afterwards.
  static void Tell(Parker* parker, uint32_t word);

 private:
  std::atomic<uint32_t> word_ = 0;
};

}  // namespace kubelite::store
