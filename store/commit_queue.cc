#include "store/commit_queue.h"

#include <vector>

namespace kubelite::store {
namespace {

// Bounds the delay and the memory of one group. The first write is always taken.
constexpr size_t kGroupBytes = 1 << 20;
constexpr size_t kGroupWrites = 1024;

}  // namespace

void CommitQueue::Run(PendingWrite* write) {
  std::vector<PendingWrite*> group;
  {
    base::MutexLock lock(&mutex_);
    waiting_.push_back(write);
    while (!write->done && waiting_.front() != write) write->changed.Wait(&mutex_);
    if (write->done) return;
    size_t bytes = 0;
    for (PendingWrite* next : waiting_) {
      bytes += next->bytes();
      if (!group.empty() && (bytes > kGroupBytes || group.size() == kGroupWrites)) break;
      group.push_back(next);
    }
  }
  const Task after = commit_(group);
  {
    base::MutexLock lock(&mutex_);
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(group.size()));
    for (PendingWrite* member : group) {
      member->done = true;
      // Signalled under the lock: once it sees `done`, the owner may destroy the write.
      if (member != write) member->changed.Signal();
    }
    if (!waiting_.empty()) waiting_.front()->changed.Signal();
  }
  if (after != nullptr) after();
}

size_t CommitQueue::depth() const {
  base::MutexLock lock(&mutex_);
  return waiting_.size();
}

}  // namespace kubelite::store
