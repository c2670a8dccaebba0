#pragma once

#include <functional>
#include <queue>
#include <string>
#include <vector>

#include "common/base/executor.h"
#include "common/base/mutex.h"
#include "store/store.h"

namespace kubelite::apiserver {

// Deletes values some time after their last write (events). A write after the one that was tracked keeps the value: its
// own entry follows. Entries live in memory; after a restart the registry tracks what it finds. Thread-safe.
class ExpiryQueue {
 public:
  ExpiryQueue(store::Store* store, base::Executor* executor);
  ~ExpiryQueue();  // waits for a running sweep

  // Deletes `store_key` at `when` if its revision is still `revision`. Times are usually, but need not be, in order.
  void Track(std::string store_key, store::Revision revision, absl::Time when);
  size_t size() const;

 private:
  struct Entry {
    absl::Time when;
    std::string key;
    store::Revision revision;
    bool operator>(const Entry& other) const { return when > other.when; }
  };
  void Arm() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Sweep();

  store::Store* const store_;
  mutable base::Mutex mutex_;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> entries_ ABSL_GUARDED_BY(mutex_);
  absl::Time armed_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  base::TimerId timer_ ABSL_GUARDED_BY(mutex_) = 0;
  base::Strand strand_;  // last: destroyed first, so no sweep outlives the rest
};

}  // namespace kubelite::apiserver
