#pragma once

#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "common/base/mutex.h"
#include "store/engine.h"
#include "store/store.h"

namespace kubelite::store {

// The leases and their deadlines, as the rows of table `lease` have them. Thread-safe.
class LeaseTable {
 public:
  // Forgets all and reads the rows. DataLoss for a damaged one.
  absl::Status Load(Engine::View* view);

  std::optional<Lease> Find(LeaseId id) const;
  std::vector<Lease> All() const;  // by id
  size_t size() const;
  // Those whose deadline is not after `now`, earliest first.
  std::vector<LeaseId> Due(absl::Time now) const;
  absl::Time NextDeadline() const;  // InfiniteFuture: none

  // The rows were written.
  void Set(const Lease& lease);
  void Remove(LeaseId id);

 private:
  void RemoveLocked(LeaseId id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable base::Mutex mutex_;
  absl::flat_hash_map<LeaseId, Lease> leases_ ABSL_GUARDED_BY(mutex_);
  std::set<std::pair<absl::Time, LeaseId>> deadlines_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kubelite::store
