#include "store/commit_queue.h"

namespace kubelite::store {
namespace {

// Bounds the delay and the memory of one group. The first write is always taken.
constexpr size_t kGroupBytes = 1 << 20;
constexpr size_t kGroupWrites = 1024;

size_t BytesOf(const Write& write) { return write.key.size() + write.value.size() + write.origin.note.size(); }

}  // namespace

void CommitQueue::Run(PendingWrites* mine) {
  if (mine->writes.empty()) return;
  mutex_.Lock();
  waiting_.push_back(mine);
  while (!mine->done) {
    if (waiting_.front() != mine) {
      mine->changed.Wait(&mutex_);
      continue;
    }
    TakeGroup();
    mutex_.Unlock();
    const Task after = commit_(group_);
    mutex_.Lock();
    WakeFinished(mine);
    if (after == nullptr) continue;
    mutex_.Unlock();
    after();
    mutex_.Lock();
  }
  mutex_.Unlock();
}

void CommitQueue::TakeGroup() {
  group_.clear();
  size_t bytes = 0;
  for (PendingWrites* pending : waiting_) {
    for (; pending->taken < pending->writes.size(); ++pending->taken) {
      Write* write = &pending->writes[pending->taken];
      bytes += BytesOf(*write);
      if (!group_.empty() && (bytes > kGroupBytes || group_.size() == kGroupWrites)) return;
      group_.push_back(write);
    }
  }
}

void CommitQueue::WakeFinished(const PendingWrites* self) {
  for (; !waiting_.empty() && waiting_.front()->taken == waiting_.front()->writes.size(); waiting_.pop_front()) {
    PendingWrites* finished = waiting_.front();
    finished->done = true;
    // Signalled under the lock: once it sees `done`, the owner may destroy it.
    if (finished != self) finished->changed.Signal();
  }
  if (!waiting_.empty() && waiting_.front() != self) waiting_.front()->changed.Signal();
}

size_t CommitQueue::depth() const {
  base::MutexLock lock(&mutex_);
  return waiting_.size();
}

}  // namespace kubelite::store
