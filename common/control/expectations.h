#pragma once

#include <map>
#include <set>
#include <string>

#include "absl/time/time.h"
#include "common/api/object.h"
#include "common/base/mutex.h"

namespace kubelite::control {

// Creations and deletions that a controller has ordered but its cache has not shown yet. Without them a reconcile that
// runs before the cache catches up would order the same again: the cache lags behind our own writes. Expectations
// expire after five minutes, so a missed event delays but never blocks. Thread-safe.
class Expectations {
 public:
  void ExpectCreations(const api::ObjectKey& owner, int count, absl::Time now);
  void ExpectDeletions(const api::ObjectKey& owner, const std::set<std::string>& uids, absl::Time now);
  void CreationObserved(const api::ObjectKey& owner);
  void DeletionObserved(const api::ObjectKey& owner, const std::string& uid);
  // A write that failed will not be observed.
  void CreationFailed(const api::ObjectKey& owner) { CreationObserved(owner); }
  bool Satisfied(const api::ObjectKey& owner, absl::Time now) const;
  void Forget(const api::ObjectKey& owner);

 private:
  struct Entry {
    int creations = 0;
    std::set<std::string> deletions;
    absl::Time since;
  };
  mutable base::Mutex mutex_;
  std::map<api::ObjectKey, Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kubelite::control
