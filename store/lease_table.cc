#include "store/lease_table.h"

#include <algorithm>

#include "common/base/status_macros.h"
#include "store/history.h"
#include "store/key_codec.h"

namespace kubelite::store {

absl::Status LeaseTable::Load(Engine::View* view) {
  {
    base::MutexLock lock(&mutex_);
    leases_.clear();
    deadlines_.clear();
  }
  const auto rows = view->NewIterator(Table::kLease, LeaseRowsBegin(), LeaseRowsEnd());
  for (; rows->Valid(); rows->Next()) {
    Lease lease;
    if (!DecodeLeaseKey(rows->key(), &lease.id) || !DecodeLeaseRow(rows->value(), &lease)) {
      return DamagedRow("lease", rows->key());
    }
    Set(lease);
  }
  return rows->status();
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
  base::MutexLock lock(&mutex_);
  RemoveLocked(lease.id);
  leases_[lease.id] = lease;
  deadlines_.emplace(lease.deadline, lease.id);
}

void LeaseTable::Remove(LeaseId id) {
  base::MutexLock lock(&mutex_);
  RemoveLocked(id);
}

void LeaseTable::RemoveLocked(LeaseId id) {
  const auto it = leases_.find(id);
  if (it == leases_.end()) return;
  deadlines_.erase({it->second.deadline, id});
  leases_.erase(it);
}

}  // namespace kubelite::store
