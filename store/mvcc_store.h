#pragma once

#include <memory>
#include <string>

#include "store/commit_queue.h"
#include "store/committer.h"
#include "store/compactor.h"
#include "store/engine.h"
#include "store/horizon.h"
#include "store/store.h"
#include "store/watch_hub.h"

namespace kubelite::store {

// The store over any engine. Reads go to the engine at a fixed revision and take no lock of the write side; writes go
// through the commit queue. Owns no thread: it works on its callers' threads.
class MvccStore : public Store {
 public:
  // Errors as of ReadDurableState. An empty engine becomes a new store.
  static absl::StatusOr<std::unique_ptr<MvccStore>> Open(std::unique_ptr<Engine> engine, size_t watch_queue_events);

  absl::StatusOr<KeyValue> Get(absl::string_view key, Revision at) override;
  absl::StatusOr<ListResult> List(absl::string_view prefix, absl::string_view start, size_t limit,
                                  Revision at) override;
  absl::StatusOr<int64_t> Count(absl::string_view prefix, Revision at) override;
  absl::StatusOr<Revision> Put(absl::string_view key, absl::string_view value, Revision expected) override;
  absl::StatusOr<Revision> Delete(absl::string_view key, Revision expected) override;
  absl::StatusOr<std::unique_ptr<Watch>> NewWatch(absl::string_view prefix, Revision after,
                                                  std::function<void()> on_ready) override;
  absl::Status Compact(Revision revision) override;
  Revision CurrentRevision() const override { return horizon_.current; }
  Revision CompactedRevision() const override { return horizon_.compacted; }
  absl::Status Checkpoint(const std::string& dir) override;

 private:
  MvccStore(std::unique_ptr<Engine> engine, const DurableState& state, size_t watch_queue_events);

  absl::StatusOr<Revision> Commit(PendingWrite* write);
  absl::StatusOr<LogSlice> ReadLogForWatch(absl::string_view prefix, Revision after, Revision up_to, size_t max);

  const std::unique_ptr<Engine> engine_;
  Horizon horizon_;
  WatchHub hub_;
  Committer committer_;
  CommitQueue queue_;
  Compactor compactor_;
};

}  // namespace kubelite::store
