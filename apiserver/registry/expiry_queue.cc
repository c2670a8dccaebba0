#include "apiserver/registry/expiry_queue.h"

#include <utility>

#include "common/base/log.h"

namespace kubelite::apiserver {
namespace {

// Between two sweeps at least this long passes, so that a burst of events does not become a burst of timers.
constexpr absl::Duration kMinPause = absl::Seconds(1);
// After a failed deletion (disk full) the entry is tried again.
constexpr absl::Duration kRetry = absl::Minutes(1);

}  // namespace

ExpiryQueue::ExpiryQueue(store::Store* store, base::Executor* executor) : store_(store), strand_(executor) {}

ExpiryQueue::~ExpiryQueue() {
  base::MutexLock lock(&mutex_);
  if (timer_ != 0) strand_.Cancel(timer_);
}

void ExpiryQueue::Track(std::string store_key, store::Revision revision, absl::Time when) {
  base::MutexLock lock(&mutex_);
  entries_.push({when, std::move(store_key), revision});
  Arm();
}

void ExpiryQueue::Arm() {
  if (entries_.empty() || entries_.top().when >= armed_) return;
  if (timer_ != 0) strand_.Cancel(timer_);
  armed_ = std::max(entries_.top().when, strand_.clock().Now());
  timer_ = strand_.PostAt(armed_, [this] { Sweep(); });
}

void ExpiryQueue::Sweep() {
  const absl::Time now = strand_.clock().Now();
  std::vector<Entry> due;
  {
    base::MutexLock lock(&mutex_);
    while (!entries_.empty() && entries_.top().when <= now) {
      due.push_back(entries_.top());
      entries_.pop();
    }
  }
  std::vector<Entry> failed;
  for (Entry& entry : due) {
    const absl::Status status = store_->Delete(entry.key, entry.revision).status();
    if (status.ok() || absl::IsNotFound(status) || absl::IsAborted(status)) continue;
    base::LogWarning("Expired object could not be deleted", {{"key", entry.key}, {"err", status}});
    entry.when = now + kRetry;
    failed.push_back(std::move(entry));
  }
  base::MutexLock lock(&mutex_);
  for (Entry& entry : failed) entries_.push(std::move(entry));
  timer_ = 0;
  armed_ = absl::InfiniteFuture();
  if (entries_.empty()) return;
  armed_ = std::max(entries_.top().when, now + kMinPause);
  timer_ = strand_.PostAt(armed_, [this] { Sweep(); });
}

size_t ExpiryQueue::size() const {
  base::MutexLock lock(&mutex_);
  return entries_.size();
}

}  // namespace kubelite::apiserver
