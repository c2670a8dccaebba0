#pragma once

#include <cstdint>

#include "common/base/executor.h"
#include "common/base/mutex.h"
#include "store/store.h"

namespace kubelite::apiserver {

// How much of the past is kept; zero: no bound of that kind.
struct Retention {
  absl::Duration age;
  int64_t bytes = 0;
};

// Forgets the store's history: what is older than the retention's age (up to a fifth later), and the oldest of it while
// it takes more than the retention's bytes (looked at every few seconds). While nothing is written it does nothing.
class Compactor {
 public:
  Compactor(store::Store* store, base::Executor* executor, Retention retention);
  ~Compactor();  // waits for a running compaction

  void Start();

 private:
  void Tick();
  void Arm() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What may be forgotten; 0: nothing.
  store::Revision TooOld(absl::Time now);
  store::Revision TooMuch();

  store::Store* const store_;
  const Retention retention_;
  const absl::Duration period_;  // infinite: nothing to do
  // Of the strand's tick.
  absl::Time next_by_age_ = absl::InfinitePast();
  store::Revision seen_ = 0;  // when bytes were last looked at

  base::Mutex mutex_;
  base::TimerId timer_ ABSL_GUARDED_BY(mutex_) = 0;
  base::Strand strand_;  // last: destroyed first
};

}  // namespace kubelite::apiserver
