#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/mutex.h"
#include "store/parker.h"
#include "store/store.h"

namespace kubelite::store {

// The writes of one caller, which wait for their groups. Lives on the caller's stack.
struct PendingWrites {
  explicit PendingWrites(absl::Span<Write> writes) : writes(writes) {}

  const absl::Span<Write> writes;

 private:
  friend class CommitQueue;
  size_t taken = 0;  // how many have gone into a group
  Parker parker;
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

  // `gather_pause`: when fewer callers wait than have just been served, the leader waits this long for the next one to
  // come, as they usually do; what they save is a sync. Zero where a sync costs nothing.
  explicit CommitQueue(CommitFn commit, absl::Duration gather_pause = absl::ZeroDuration())
      : commit_(std::move(commit)), gather_pause_(gather_pause) {}
  CommitQueue(const CommitQueue&) = delete;
  CommitQueue& operator=(const CommitQueue&) = delete;

  // Blocks until all writes are committed or refused; see their results.
  void Run(PendingWrites* mine);

  // Callers that wait or whose writes are being committed.
  size_t depth() const;

 private:
  // Whether the caller leads now, or its writes were committed by another one.
  bool WaitForLead(PendingWrites* mine);
  void Gather(PendingWrites* mine);
  void TakeGroup();
  // Wakes those whose writes are all committed, and the next leader. Whether `mine` is among them.
  bool Finish(PendingWrites* mine);

  const CommitFn commit_;
  const absl::Duration gather_pause_;
  mutable base::Mutex mutex_;
  std::deque<PendingWrites*> waiting_ ABSL_GUARDED_BY(mutex_);  // in order; the front one leads
  size_t active_ ABSL_GUARDED_BY(mutex_) = 0;     // callers of the last group, and those that waited at its end
  size_t gathering_ ABSL_GUARDED_BY(mutex_) = 0;  // how many the leader waits for; 0: it does not
  std::vector<Write*> group_;                     // the leader's
};

}  // namespace kubelite::store
