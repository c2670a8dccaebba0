#include "apiserver/registry/lease_pool.h"

#include <algorithm>

namespace kubelite::apiserver {
namespace {

// As upstream's lease manager.
constexpr absl::Duration kMaxShare = absl::Seconds(60);
constexpr int64_t kMaxKeys = 1000;  // they go in one step of the store
// Lease ids: seconds of the deadline, then the part.
constexpr int64_t kParts = 1024;

}  // namespace

absl::StatusOr<store::LeaseId> LeasePool::LeaseFor(absl::Duration ttl) {
  const absl::Duration share = std::clamp(absl::Floor(ttl / 20, absl::Seconds(1)), absl::Seconds(1), kMaxShare);
  const absl::Time now = clock_.Now();
  const absl::Time deadline = absl::UnixEpoch() + absl::Ceil(now + ttl - absl::UnixEpoch(), share);
  int64_t part = 0;
  bool granted = false;
  {
    base::MutexLock lock(&mutex_);
    by_deadline_.erase(by_deadline_.begin(), by_deadline_.upper_bound(now));
    Shared& shared = by_deadline_[deadline];
    if (shared.keys >= kMaxKeys && shared.part + 1 < kParts) shared = {.part = shared.part + 1};
    ++shared.keys;
    part = shared.part;
    granted = shared.granted;
  }
  const store::LeaseId id = absl::ToUnixSeconds(deadline) * kParts + part;
  if (granted) return id;
  // AlreadyExists: of a process before this one, or of a thread beside this one.
  const absl::Status status = store_->GrantLease({.id = id, .ttl = ttl, .deadline = deadline});
  if (!status.ok() && !absl::IsAlreadyExists(status)) return status;
  expirer_->Expect(deadline);
  base::MutexLock lock(&mutex_);
  Shared& shared = by_deadline_[deadline];
  if (shared.part == part) shared.granted = true;
  return id;
}

}  // namespace kubelite::apiserver
