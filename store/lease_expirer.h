#pragma once

#include "common/base/executor.h"
#include "common/base/mutex.h"
#include "store/store.h"

namespace kubelite::store {

// Ends leases at their deadlines, or up to half a second later: leases that end close together share a sync. Without
// leases it does nothing. Thread-safe.
class LeaseExpirer {
 public:
  // Both must outlive it.
  LeaseExpirer(Store* store, base::Executor* executor);
  ~LeaseExpirer();  // waits for a running sweep

  // Begins with the leases that are in the store.
  void Start();
  // To be called when a lease was granted, or renewed to an earlier deadline; does not block. Later deadlines are found
  // without.
  void Expect(absl::Time deadline);

 private:
  void Arm(absl::Time when) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Sweep();

  Store* const store_;
  base::Mutex mutex_;
  absl::Time armed_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  absl::Time not_before_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();  // of the next sweep
  base::TimerId timer_ ABSL_GUARDED_BY(mutex_) = 0;
  base::Strand strand_;  // last: destroyed first, so no sweep outlives the rest
};

}  // namespace kubelite::store
