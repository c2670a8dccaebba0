#include "store/commit_queue.h"

namespace kubelite::store {
namespace {

// Bounds the delay and the memory of one group. The first write is always taken.
constexpr size_t kGroupBytes = 1 << 20;
constexpr size_t kGroupWrites = 1024;
// Bounds the delay when callers keep coming slowly.
constexpr int kGatherPauses = 20;

// Words of the parkers.
constexpr uint32_t kQueued = 0;
constexpr uint32_t kLead = 1;
constexpr uint32_t kGathered = 2;
constexpr uint32_t kDone = 3;

size_t BytesOf(const Write& write) { return write.key.size() + write.value.size() + write.origin.note.size(); }

}  // namespace

void CommitQueue::Run(PendingWrites* mine) {
  if (mine->writes.empty() || !WaitForLead(mine)) return;
  for (bool finished = false; !finished;) {
    if (gather_pause_ > absl::ZeroDuration()) Gather(mine);
    TakeGroup();
    const Task after = commit_(group_);
    finished = Finish(mine);
    if (after != nullptr) after();
  }
}

bool CommitQueue::WaitForLead(PendingWrites* mine) {
  {
    base::MutexLock lock(&mutex_);
    waiting_.push_back(mine);
    if (waiting_.front() == mine) return true;
    if (waiting_.size() == gathering_) {
      // Under the lock: without it the leader could have finished by now.
      Parker::Tell(&waiting_.front()->parker, kGathered);
    }
  }
  while (mine->parker.word() == kQueued) mine->parker.Wait(kQueued);
  return mine->parker.word() != kDone;
}

void CommitQueue::Gather(PendingWrites* mine) {
  const uint32_t word = mine->parker.word();
  for (int pause = 0; pause < kGatherPauses; ++pause) {
    size_t before = 0;
    {
      base::MutexLock lock(&mutex_);
      before = waiting_.size();
      gathering_ = before < active_ ? active_ : 0;
      if (gathering_ == 0) return;
    }
    mine->parker.WaitFor(word, gather_pause_);
    base::MutexLock lock(&mutex_);
    if (waiting_.size() >= active_ || waiting_.size() == before) break;
  }
  base::MutexLock lock(&mutex_);
  gathering_ = 0;
}

void CommitQueue::TakeGroup() {
  group_.clear();
  size_t bytes = 0;
  base::MutexLock lock(&mutex_);
  for (PendingWrites* pending : waiting_) {
    for (; pending->taken < pending->writes.size(); ++pending->taken) {
      Write* write = &pending->writes[pending->taken];
      bytes += BytesOf(*write);
      if (!group_.empty() && (bytes > kGroupBytes || group_.size() == kGroupWrites)) return;
      group_.push_back(write);
    }
  }
}

bool CommitQueue::Finish(PendingWrites* mine) {
  absl::InlinedVector<PendingWrites*, 64> finished;
  PendingWrites* next = nullptr;
  {
    base::MutexLock lock(&mutex_);
    active_ = waiting_.size();
    for (; !waiting_.empty() && waiting_.front()->taken == waiting_.front()->writes.size(); waiting_.pop_front()) {
      finished.push_back(waiting_.front());
    }
    if (!waiting_.empty()) next = waiting_.front();
  }
  if (next != nullptr && next != mine) Parker::Tell(&next->parker, kLead);
  // Without the lock, for which they would only wait again.
  for (PendingWrites* pending : finished) {
    if (pending != mine) Parker::Tell(&pending->parker, kDone);
  }
  return next != mine;
}

size_t CommitQueue::depth() const {
  base::MutexLock lock(&mutex_);
  return waiting_.size();
}

}  // namespace kubelite::store
