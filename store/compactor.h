#pragma once

#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/mutex.h"
#include "store/commit_queue.h"
#include "store/engine.h"
#include "store/horizon.h"

namespace kubelite::store {

// Forgets history. The engine drops replaced versions by itself (VersionFilter); what it cannot know is when a deleted
// key has no older version left anywhere, so the compactor reads the log of the forgotten revisions and removes deleted
// keys, oldest versions and deletion together. Runs on the caller's thread, in small batches beside other writes; a
// sweep that was cut short is finished by the next one. Thread-safe.
class Compactor {
 public:
  // `swept`: up to where earlier sweeps have finished.
  Compactor(Engine* engine, Horizon* horizon, CommitQueue* queue, Revision swept)
      : engine_(engine), horizon_(horizon), queue_(queue), swept_(swept) {}

  absl::Status Compact(Revision revision);

 private:
  absl::Status Sweep(Revision revision) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // `prepare` fills in the batch within the step.
  absl::Status Commit(const WriteBatch& batch, bool sync, const std::function<void()>& prepare = nullptr);

  Engine* const engine_;
  Horizon* const horizon_;
  CommitQueue* const queue_;
  base::Mutex mutex_;  // one compaction at a time; writers never take it
  Revision swept_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kubelite::store
