#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "store/commit_queue.h"
#include "store/committer.h"
#include "store/compactor.h"
#include "store/durable_state.h"
#include "store/engine.h"
#include "store/horizon.h"
#include "store/lease_table.h"
#include "store/plan.h"
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
  absl::StatusOr<ScanResult> Scan(const KeyRange& range, size_t limit, Revision at,
                                  absl::FunctionRef<void(const KeyValueView&)> visit) override;
  absl::StatusOr<int64_t> Count(const KeyRange& range, Revision at) override;
  void Apply(absl::Span<Write> writes) override;
  absl::StatusOr<std::unique_ptr<Watch>> NewWatch(const KeyRange& range, Revision after,
                                                  std::function<void()> on_ready) override;
  absl::StatusOr<std::vector<Change>> History(absl::string_view key, size_t limit, Revision at) override;
  absl::StatusOr<Revision> RevisionAt(absl::Time time) override;
  absl::Status GrantLease(const Lease& lease) override;
  absl::Status RenewLease(LeaseId id, absl::Time deadline) override;
  absl::StatusOr<Revision> RevokeLease(LeaseId id, Origin origin) override;
  absl::StatusOr<Lease> GetLease(LeaseId id) override;
  absl::StatusOr<std::vector<std::string>> LeaseKeys(LeaseId id) override;
  std::vector<Lease> Leases() override { return leases_.All(); }
  absl::StatusOr<absl::Time> ExpireLeases(absl::Time now) override;
  absl::StatusOr<Revision> RevisionKeeping(int64_t bytes) override;
  absl::Status Compact(Revision revision) override;
  Revision CurrentRevision() const override { return horizon_.current; }
  Revision CompactedRevision() const override { return horizon_.compacted; }
  absl::StatusOr<Stats> GetStats() override;
  absl::Status Checkpoint(const std::string& dir, absl::Time now) override;

 private:
  MvccStore(std::unique_ptr<Engine> engine, const DurableState& state, size_t watch_queue_events);

  // One of the store's own steps.
  absl::StatusOr<Revision> Run(const std::function<absl::Status(Step&)>& body, Origin origin = {});
  absl::StatusOr<LogSlice> ReadLogForWatch(const KeyRange& range, Revision after, Revision up_to, size_t max);
  // As ReadOrigin, but the origin of a step that is compacted is empty.
  absl::StatusOr<Origin> OriginOf(Engine::View* view, Revision revision);

  const std::unique_ptr<Engine> engine_;
  Horizon horizon_;
  LeaseTable leases_;
  WatchHub hub_;
  Committer committer_;
  CommitQueue queue_;
  Compactor compactor_;
};

}  // namespace kubelite::store
