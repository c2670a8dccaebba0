#pragma once

#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/base/mutex.h"
#include "store/engine.h"
#include "store/store.h"

namespace kubelite::store {

// A lease that is granted, renewed, or gone (no value).
struct LeaseChange {
  LeaseId id = 0;
  std::optional<Lease> lease;
};

// The leases and their deadlines, as the rows of table `lease` have them. Thread-safe.
class LeaseTable {
 public:
  // What the rows say. DataLoss for a damaged one.
  static absl::StatusOr<std::vector<Lease>> ReadAll(Engine::View* view);

  // Makes the changes and calls `publish` in one step, as those see it who ask for leases.
  void Apply(absl::Span<const LeaseChange> changes, absl::FunctionRef<void()> publish);
  // The same, but forgets all leases and takes these.
  void Replace(const std::vector<Lease>& leases, absl::FunctionRef<void()> publish);

  std::optional<Lease> Find(LeaseId id) const;
  std::vector<Lease> All() const;  // by id
  size_t size() const;
  // Those whose deadline is not after `now`, earliest first.
  std::vector<LeaseId> Due(absl::Time now) const;
  absl::Time NextDeadline() const;  // InfiniteFuture: none

 private:
  void Set(const Lease& lease) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Remove(LeaseId id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable base::Mutex mutex_;
  absl::flat_hash_map<LeaseId, Lease> leases_ ABSL_GUARDED_BY(mutex_);
  std::set<std::pair<absl::Time, LeaseId>> deadlines_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kubelite::store
