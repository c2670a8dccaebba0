#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "absl/types/span.h"
#include "common/base/mutex.h"
#include "store/store.h"

namespace kubelite::store {

// The writes of one caller, which wait for their groups. Lives on the caller's stack.
struct PendingWrites {
  explicit PendingWrites(absl::Span<Write> writes) : writes(writes) {}

  const absl::Span<Write> writes;

 private:
  friend class CommitQueue;
  size_t taken = 0;  // how many have gone into a group
  bool done = false;
  base::CondVar changed;
};

// Groups writes that arrive while the disk is busy, without a thread of its own: the caller at the front becomes the
// leader, commits for all that wait by then, wakes them, and leaves the lead to the next one. A lone writer never
// waits.
class CommitQueue {
 public:
  // Commits a group: fills in each result. Never called by two threads at once. The returned task runs after the
  // group's writers were woken and the lead was passed on; may be null.
  using Task = std::function<void()>;
  using CommitFn = std::function<Task(absl::Span<Write* const> group)>;

  explicit CommitQueue(CommitFn commit) : commit_(std::move(commit)) {}
  CommitQueue(const CommitQueue&) = delete;
  CommitQueue& operator=(const CommitQueue&) = delete;

  // Blocks until all writes are committed or refused; see their results.
  void Run(PendingWrites* mine);

  // Callers that wait or whose writes are being committed.
  size_t depth() const;

 private:
  void TakeGroup() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WakeFinished(const PendingWrites* self) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const CommitFn commit_;
  mutable base::Mutex mutex_;
  std::deque<PendingWrites*> waiting_ ABSL_GUARDED_BY(mutex_);  // in order; the front one leads
  std::vector<Write*> group_;                                   // the leader's
};

}  // namespace kubelite::store
