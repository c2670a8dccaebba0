#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/types/span.h"
#include "store/commit_queue.h"
#include "store/engine.h"
#include "store/horizon.h"
#include "store/watch_hub.h"

namespace kubelite::store {

// The write side of the store: checks expectations in order, assigns revisions, writes one batch with one sync per
// group, publishes. Runs on the commit leader's thread only.
//
// When the disk fails a batch, nobody knows whether the batch will be found there later. Its writers get Unavailable,
// its revisions stay unpublished, and the next group first recovers: the engine shows what the disk really holds, and
// whatever of the batch is there is published as if it had succeeded. So revisions have no holes, none means two
// things, and a reader or watcher never sees a change that later vanishes.
class Committer {
 public:
  Committer(Engine* engine, Horizon* horizon, WatchHub* hub) : engine_(engine), horizon_(horizon), hub_(hub) {}

  // For CommitQueue. The task wakes the watchers.
  CommitQueue::Task Commit(absl::Span<PendingWrite* const> group);

 private:
  // What a group does, before it is durable.
  struct Plan {
    WriteBatch batch;
    bool sync = false;
    std::vector<EventPtr> events;
    absl::flat_hash_map<std::string, EventPtr> latest;  // by key: its last change in this group
    std::vector<PendingWrite*> tentative;               // whose result holds only if the batch becomes durable
  };

  absl::Status Recover(WatchHub::Wakeups* wakeups);
  void CommitRecovered(absl::Span<PendingWrite* const> group, WatchHub::Wakeups* wakeups);
  void Publish(absl::Span<const EventPtr> events, WatchHub::Wakeups* wakeups);
  Plan MakePlan(absl::Span<PendingWrite* const> group);
  void PlanWrite(PendingWrite* write, Plan* plan);
  // The value before this write, null when the key does not exist.
  absl::StatusOr<std::shared_ptr<const KeyValue>> Latest(absl::string_view key, const Plan& plan);

  Engine* const engine_;
  Horizon* const horizon_;
  WatchHub* const hub_;
  bool failed_ = false;  // the last batch failed: recover first
};

// The revisions found on disk.
struct DurableState {
  Revision current = 0;
  Revision compacted = 0;
  Revision swept = 0;
};
// Reads them. FailedPrecondition for a foreign or newer database, NotFound for an empty one, DataLoss for damage.
absl::StatusOr<DurableState> ReadDurableState(Engine* engine);
// Marks an empty engine as a store of this format.
absl::Status WriteFormat(Engine* engine);

}  // namespace kubelite::store
