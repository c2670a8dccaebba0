#pragma once

#include <cstdint>
#include <map>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "store/lease_expirer.h"
#include "store/store.h"

namespace kubelite::apiserver {

// The store's leases that end expiring objects (events). Objects that expire at about the same time share one, so an
// object costs no write of its own. A lease is named by its deadline: nothing has to be remembered over a restart.
// Thread-safe.
class LeasePool {
 public:
  // All outlive it. `expirer` ends the leases.
  LeasePool(store::Store* store, store::LeaseExpirer* expirer, const base::Clock& clock)
      : store_(store), expirer_(expirer), clock_(clock) {}

  // A lease that ends `ttl` from now or a little later: a twentieth of `ttl`, at most a minute. Blocks on the store for
  // the first object of each.
  absl::StatusOr<store::LeaseId> LeaseFor(absl::Duration ttl);

 private:
  // The lease that is being filled for a deadline.
  struct Shared {
    int64_t part = 0;  // a deadline with many keys has several leases
    int64_t keys = 0;
    bool granted = false;  // by this process
  };

  store::Store* const store_;
  store::LeaseExpirer* const expirer_;
  const base::Clock& clock_;
  base::Mutex mutex_;
  std::map<absl::Time, Shared> by_deadline_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kubelite::apiserver
