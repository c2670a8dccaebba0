#pragma once

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "store/commit_queue.h"
#include "store/engine.h"
#include "store/horizon.h"
#include "store/lease_table.h"
#include "store/newest_cache.h"
#include "store/plan.h"
#include "store/watch_hub.h"

namespace kubelite::store {

// The write side of the store: plans a group, writes one batch with one sync, publishes. Runs on the commit leader's
// thread only.
//
// When the disk fails a batch, nobody knows whether the batch will be found there later. Its writers get Unavailable,
// its revisions stay unpublished, and the next group first recovers: the engine shows what the disk really holds, and
// whatever of the batch is there is published as if it had succeeded. So revisions have no holes, none means two
// things, and a reader or watcher never sees a change that later vanishes.
class Committer {
 public:
  // On top of a log that ends at `tail`.
  Committer(Engine* engine, Horizon* horizon, LeaseTable* leases, WatchHub* hub, const LogTail& tail)
      : engine_(engine), horizon_(horizon), leases_(leases), hub_(hub), tail_(tail), newest_(kCacheBytes) {}

  // For CommitQueue. The task wakes the watchers.
  CommitQueue::Task Commit(absl::Span<Write* const> group);

 private:
  static constexpr size_t kCacheBytes = 4 << 20;

  absl::Status Recover(WatchHub::Wakeups* wakeups);
  WatchHub::Wakeups CommitRecovered(absl::Span<Write* const> group, const absl::Status& puts);

  Engine* const engine_;
  Horizon* const horizon_;
  LeaseTable* const leases_;
  WatchHub* const hub_;
  LogTail tail_;         // of the durable log
  NewestCache newest_;   // of what is durable
  bool failed_ = false;  // the last batch failed: recover first
};

}  // namespace kubelite::store
