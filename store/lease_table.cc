#include "store/lease_table.h"

#include <algorithm>

#include "common/base/status_macros.h"
#include "store/history.h"
#include "store/key_codec.h"

namespace kubelite::store {

absl::StatusOr<std::vector<Lease>> LeaseTable::ReadAll(Engine::View* view) {
  std::vector<Lease> leases;
  const auto rows = view->NewIterator(Table::kLease, LeaseRowsBegin(), LeaseRowsEnd());
  for (; rows->Valid(); rows->Next()) {
    Lease lease;
    if (!DecodeLeaseKey(rows->key(), &lease.id) || !DecodeLeaseRow(rows->value(), &lease)) {
      return DamagedRow("lease", rows->key());
    }
    leases.push_back(lease);
  }
  RETURN_IF_ERROR(rows->status());
  return leases;
}

void LeaseTable::Apply(absl::Span<const LeaseChange> changes, absl::FunctionRef<void()> publish) {
  base::MutexLock lock(&mutex_);
  for (const LeaseChange& change : changes) change.lease ? Set(*change.lease) : Remove(change.id);
  publish();
}

void LeaseTable::Replace(const std::vector<Lease>& leases, absl::FunctionRef<void()> publish) {
  base::MutexLock lock(&mutex_);
  leases_.clear();
  deadlines_.clear();
  for (const Lease& lease : leases) Set(lease);
  publish();
}

std::optional<Lease> LeaseTable::Find(LeaseId id) const {
  base::MutexLock lock(&mutex_);
  const auto it = leases_.find(id);
  if (it == leases_.end()) return std::nullopt;
  return it->second;
}

std::vector<Lease> LeaseTable::All() const {
  std::vector<Lease> all;
  {
    base::MutexLock lock(&mutex_);
    all.reserve(leases_.size());
    for (const auto& [id, lease] : leases_) all.push_back(lease);
  }
  std::sort(all.begin(), all.end(), [](const Lease& a, const Lease& b) { return a.id < b.id; });
  return all;
}

size_t LeaseTable::size() const {
  base::MutexLock lock(&mutex_);
  return leases_.size();
}

std::vector<LeaseId> LeaseTable::Due(absl::Time now) const {
  base::MutexLock lock(&mutex_);
  std::vector<LeaseId> due;
  for (auto it = deadlines_.begin(); it != deadlines_.end() && it->first <= now; ++it) due.push_back(it->second);
  return due;
}

absl::Time LeaseTable::NextDeadline() const {
  base::MutexLock lock(&mutex_);
  return deadlines_.empty() ? absl::InfiniteFuture() : deadlines_.begin()->first;
}

void LeaseTable::Set(const Lease& lease) {
  Remove(lease.id);
  leases_[lease.id] = lease;
  deadlines_.emplace(lease.deadline, lease.id);
}

void LeaseTable::Remove(LeaseId id) {
  const auto it = leases_.find(id);
  if (it == leases_.end()) return;
  deadlines_.erase({it->second.deadline, id});
  leases_.erase(it);
}

}  // namespace kubelite::store
