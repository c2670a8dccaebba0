#pragma once

#include <deque>
#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/base/mutex.h"
#include "store/engine.h"
#include "store/store.h"

namespace kubelite::store {

// One write that waits for its group. Lives on the caller's stack.
struct PendingWrite {
  enum class Kind { kPut, kDelete, kMaintenance };
  Kind kind = Kind::kPut;
  absl::string_view key;
  absl::string_view value;
  Revision expected = 0;
  const WriteBatch* maintenance = nullptr;  // kMaintenance: rows of the store's own, without a revision
  bool sync = true;

  absl::StatusOr<Revision> result = absl::UnknownError("not committed");

  size_t bytes() const { return key.size() + value.size() + (maintenance == nullptr ? 0 : maintenance->bytes); }

 private:
  friend class CommitQueue;
  bool done = false;
  base::CondVar changed;
};

// Groups writes that arrive while the disk is busy, without a thread of its own: the writer at the front becomes the
// leader, commits for all that wait by then, wakes them, and leaves the lead to the next one. A lone writer never
// waits.
class CommitQueue {
 public:
  // Commits a group: fills in each result. Never called by two threads at once. The returned task runs after the
  // group's writers were woken and the lead was passed on; may be null.
  using Task = std::function<void()>;
  using CommitFn = std::function<Task(absl::Span<PendingWrite* const> group)>;

  explicit CommitQueue(CommitFn commit) : commit_(std::move(commit)) {}
  CommitQueue(const CommitQueue&) = delete;
  CommitQueue& operator=(const CommitQueue&) = delete;

  // Blocks until `write` is committed or refused; see write->result.
  void Run(PendingWrite* write);

  // Writes that wait or are being committed.
  size_t depth() const;

 private:
  const CommitFn commit_;
  mutable base::Mutex mutex_;
  std::deque<PendingWrite*> waiting_ ABSL_GUARDED_BY(mutex_);  // in order; the front one leads
};

}  // namespace kubelite::store
