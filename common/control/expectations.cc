#include "common/control/expectations.h"

namespace kubelite::control {
namespace {

constexpr absl::Duration kTimeout = absl::Minutes(5);

}  // namespace

void Expectations::ExpectCreations(const api::ObjectKey& owner, int count, absl::Time now) {
  base::MutexLock lock(&mutex_);
  Entry& entry = entries_[owner];
  if (now - entry.since > kTimeout) entry = Entry();
  entry.creations += count;
  entry.since = now;
}

void Expectations::ExpectDeletions(const api::ObjectKey& owner, const std::set<std::string>& uids, absl::Time now) {
  base::MutexLock lock(&mutex_);
  Entry& entry = entries_[owner];
  if (now - entry.since > kTimeout) entry = Entry();
  entry.deletions.insert(uids.begin(), uids.end());
  entry.since = now;
}

void Expectations::CreationObserved(const api::ObjectKey& owner) {
  base::MutexLock lock(&mutex_);
  const auto it = entries_.find(owner);
  // Creations by others are not counted: an entry never goes below zero.
  if (it != entries_.end() && it->second.creations > 0) --it->second.creations;
}

void Expectations::DeletionObserved(const api::ObjectKey& owner, const std::string& uid) {
  base::MutexLock lock(&mutex_);
  const auto it = entries_.find(owner);
  if (it != entries_.end()) it->second.deletions.erase(uid);
}

bool Expectations::Satisfied(const api::ObjectKey& owner, absl::Time now) const {
  base::MutexLock lock(&mutex_);
  const auto it = entries_.find(owner);
  if (it == entries_.end()) return true;
  const Entry& entry = it->second;
  return (entry.creations == 0 && entry.deletions.empty()) || now - entry.since > kTimeout;
}

void Expectations::Forget(const api::ObjectKey& owner) {
  base::MutexLock lock(&mutex_);
  entries_.erase(owner);
}

}  // namespace kubelite::control
