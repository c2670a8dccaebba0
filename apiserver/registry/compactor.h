#pragma once

#include <deque>
#include <utility>

#include "common/base/executor.h"
#include "common/base/mutex.h"
#include "store/store.h"

namespace kubelite::apiserver {

// Forgets the store's history older than a retention time: notes the revision now and then, and compacts to the newest
// one that is old enough. While nothing is written it does nothing.
class Compactor {
 public:
  // Zero retention: never.
  Compactor(store::Store* store, base::Executor* executor, absl::Duration retention);
  ~Compactor();  // waits for a running compaction

  void Start();

 private:
  void Tick();
  void Arm() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  store::Store* const store_;
  const absl::Duration retention_;
  base::Mutex mutex_;
  std::deque<std::pair<absl::Time, store::Revision>> samples_ ABSL_GUARDED_BY(mutex_);  // of the strand's tick
  base::TimerId timer_ ABSL_GUARDED_BY(mutex_) = 0;
  base::Strand strand_;  // last: destroyed first
};

}  // namespace kubelite::apiserver
