#include "store/mvcc_store.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "store/checkpoint_writer.h"
#include "store/history.h"
#include "store/key_codec.h"

namespace kubelite::store {
namespace {

absl::Status FutureError(Revision requested, Revision current) {
  return absl::FailedPreconditionError(
      absl::StrCat("revision ", requested, " is in the future; the store is at ", current));
}

// Makes a reader of type T at revision `at` (0: the latest) that compaction cannot disturb: `make` pins the rows, and
// what was not compacted after that is among them. Stores the revision in *revision.
template <typename T, typename MakeFn>
absl::StatusOr<T> PinAt(const Horizon& horizon, Revision at, Revision* revision, MakeFn make,
                        Revision* compacted_then = nullptr) {
  if (at < 0) return absl::InvalidArgumentError(absl::StrCat("revision ", at, " is negative"));
  while (true) {
    const Revision current = horizon.current;
    if (at > current) return FutureError(at, current);
    *revision = at == 0 ? current : at;
    T reader = make(*revision);
    const Revision compacted = horizon.compacted;
    if (compacted_then != nullptr) *compacted_then = compacted;
    if (*revision >= compacted) return reader;
    if (at != 0) return CompactedError(at, compacted);
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<MvccStore>> MvccStore::Open(std::unique_ptr<Engine> engine, size_t watch_queue_events) {
  absl::StatusOr<DurableState> state = ReadDurableState(engine.get());
  if (absl::IsNotFound(state.status())) {
    RETURN_IF_ERROR(WriteFormat(engine.get()));
    state = ReadDurableState(engine.get());
  }
  RETURN_IF_ERROR(state.status());
  engine->AllowDrop(state->swept);
  auto store = std::unique_ptr<MvccStore>(new MvccStore(std::move(engine), *state, watch_queue_events));
  ASSIGN_OR_RETURN(const auto view, store->engine_->NewView());
  ASSIGN_OR_RETURN(const std::vector<Lease> leases, LeaseTable::ReadAll(view.get()));
  store->leases_.Replace(leases, [] {});
  return store;
}

MvccStore::MvccStore(std::unique_ptr<Engine> engine, const DurableState& state, size_t watch_queue_events)
    : engine_(std::move(engine)),
      horizon_{state.tail.revision, state.compacted},
      hub_(state.tail.revision, watch_queue_events,
           [this](const KeyRange& range, Revision after, Revision up_to, size_t max) {
             return ReadLogForWatch(range, after, up_to, max);
           }),
      committer_(engine_.get(), &horizon_, &leases_, &hub_, state.tail),
      queue_([this](absl::Span<Write* const> group) { return committer_.Commit(group); }, engine_->GatherPause()),
      compactor_(engine_.get(), &horizon_, &queue_, state.swept) {}

absl::StatusOr<KeyValue> MvccStore::Get(absl::string_view key, Revision at) {
  ASSIGN_OR_RETURN(const auto view, engine_->NewView());
  Revision revision = 0;
  ASSIGN_OR_RETURN(KeyReader reader,
                   PinAt<KeyReader>(horizon_, at, &revision, [&](Revision) { return KeyReader(view.get()); }));
  return reader.Read(key, revision);
}

absl::StatusOr<ScanResult> MvccStore::Scan(const KeyRange& range, size_t limit, Revision at,
                                           absl::FunctionRef<void(const KeyValueView&)> visit) {
  ASSIGN_OR_RETURN(const auto view, engine_->NewView());
  ScanResult result;
  ASSIGN_OR_RETURN(LiveKeys keys, PinAt<LiveKeys>(horizon_, at, &result.revision,
                                                  [&](Revision r) { return LiveKeys(view.get(), range, r); }));
  for (size_t shown = 0; keys.Next(); ++shown) {
    if (limit > 0 && shown == limit) {
      result.more = true;
      break;
    }
    ASSIGN_OR_RETURN(const KeyValueView kv, keys.CurrentView());
    visit(kv);
  }
  RETURN_IF_ERROR(keys.status());
  return result;
}

absl::StatusOr<int64_t> MvccStore::Count(const KeyRange& range, Revision at) {
  ASSIGN_OR_RETURN(const auto view, engine_->NewView());
  Revision revision = 0;
  ASSIGN_OR_RETURN(LiveKeys keys, PinAt<LiveKeys>(horizon_, at, &revision,
                                                  [&](Revision r) { return LiveKeys(view.get(), range, r); }));
  int64_t count = 0;
  while (keys.Next()) ++count;
  RETURN_IF_ERROR(keys.status());
  return count;
}

void MvccStore::Apply(absl::Span<Write> writes) {
  PendingWrites pending(writes);
  queue_.Run(&pending);
}

absl::StatusOr<Revision> MvccStore::Run(const std::function<absl::Status(Step&)>& body, Origin origin) {
  return Transact([&body](Transaction& step) { return body(static_cast<Step&>(step)); }, std::move(origin));
}

absl::StatusOr<std::unique_ptr<Watch>> MvccStore::NewWatch(const KeyRange& range, Revision after,
                                                           std::function<void()> on_ready) {
  if (after < 0) return absl::InvalidArgumentError(absl::StrCat("revision ", after, " is negative"));
  const Revision current = horizon_.current;
  if (after > current) return FutureError(after, current);
  if (after == 0) return hub_.Add(range, current, std::move(on_ready));
  const Revision compacted = horizon_.compacted;
  if (after + 1 < compacted) return CompactedError(after + 1, compacted);
  return hub_.Add(range, after, std::move(on_ready));
}

absl::StatusOr<LogSlice> MvccStore::ReadLogForWatch(const KeyRange& range, Revision after, Revision up_to, size_t max) {
  ASSIGN_OR_RETURN(const auto view, engine_->NewView());
  absl::StatusOr<LogSlice> slice = ReadLog(view.get(), range, after, up_to, max);
  // Checked afterwards: rows that went missing meanwhile were compacted, not damaged.
  const Revision compacted = horizon_.compacted;
  if (after + 1 < compacted) return CompactedError(after + 1, compacted);
  return slice;
}

// ---- history --------------------------------------------------------------------------------------------------------

absl::StatusOr<Origin> MvccStore::OriginOf(Engine::View* view, Revision revision) {
  absl::StatusOr<Origin> origin = ReadOrigin(view, revision);
  // Compared afterwards: the row may have been cleared away meanwhile. Whether it has been is not for callers to see.
  if (revision < horizon_.compacted) return Origin();
  if (absl::IsNotFound(origin.status())) return DamagedRow("log", EncodeLogKey(revision));
  return origin;
}

absl::StatusOr<std::vector<Change>> MvccStore::History(absl::string_view key, size_t limit, Revision at) {
  ASSIGN_OR_RETURN(const auto view, engine_->NewView());
  while (true) {
    Revision revision = 0;
    Revision compacted = 0;
    ASSIGN_OR_RETURN(KeyReader reader,
                     PinAt<KeyReader>(
                         horizon_, at, &revision, [&](Revision) { return KeyReader(view.get()); }, &compacted));
    ASSIGN_OR_RETURN(std::vector<EventPtr> events, reader.ReadHistory(key, compacted, revision, limit));
    std::vector<Change> changes;
    changes.reserve(events.size());
    for (EventPtr& event : events) {
      ASSIGN_OR_RETURN(Origin origin, OriginOf(view.get(), event->revision()));
      changes.push_back({std::move(event), std::move(origin)});
    }
    // A compaction meanwhile may have taken origins away that belong to the answer.
    if (horizon_.compacted == compacted) return changes;
  }
}

absl::StatusOr<Revision> MvccStore::RevisionAt(absl::Time time) {
  ASSIGN_OR_RETURN(const auto view, engine_->NewView());
  const Revision oldest = std::max<Revision>(horizon_.compacted, 1);
  // The answer is in [low, high), where low may prove to be too old.
  Revision low = oldest - 1;
  Revision high = horizon_.current + 1;
  while (high - low > 1) {
    const Revision middle = low + (high - low) / 2;
    ASSIGN_OR_RETURN(const Origin origin, OriginOf(view.get(), middle));
    (origin.time <= time ? low : high) = middle;
  }
  const Revision compacted = horizon_.compacted;
  if (low >= std::max<Revision>(compacted, 1)) return low;
  return absl::OutOfRangeError(absl::StrCat("the history does not reach back to ", absl::FormatTime(time),
                                            "; the oldest revision that can be read is ", compacted));
}

absl::StatusOr<Revision> MvccStore::RevisionKeeping(int64_t bytes) {
  ASSIGN_OR_RETURN(const auto view, engine_->NewView());
  Revision low = std::max<Revision>(horizon_.compacted, 1) - 1;
  Revision high = horizon_.current;
  if (high == 0) return 0;
  ASSIGN_OR_RETURN(const int64_t total, ReadHistoryBytes(view.get(), high));
  // The answer is in (low, high].
  while (high - low > 1) {
    const Revision middle = low + (high - low) / 2;
    const absl::StatusOr<int64_t> then = ReadHistoryBytes(view.get(), middle);
    const bool forgotten = absl::IsNotFound(then.status()) && middle < horizon_.compacted;
    if (!forgotten) RETURN_IF_ERROR(then.status());
    (forgotten || total - *then > bytes ? low : high) = middle;
  }
  return high;
}

// ---- leases ---------------------------------------------------------------------------------------------------------

absl::Status MvccStore::GrantLease(const Lease& lease) {
  return Run([&](Step& step) { return step.Grant(lease); }).status();
}

absl::Status MvccStore::RenewLease(LeaseId id, absl::Time deadline) {
  return Run([&](Step& step) { return step.Renew(id, deadline); }).status();
}

absl::StatusOr<Revision> MvccStore::RevokeLease(LeaseId id, Origin origin) {
  return Run([&](Step& step) { return step.Revoke(id); }, std::move(origin));
}

absl::StatusOr<Lease> MvccStore::GetLease(LeaseId id) {
  std::optional<Lease> lease = leases_.Find(id);
  if (!lease) return absl::NotFoundError(absl::StrCat("lease ", id, " does not exist"));
  return *std::move(lease);
}

absl::StatusOr<std::vector<std::string>> MvccStore::LeaseKeys(LeaseId id) {
  std::vector<std::string> keys;
  // As a step: the rows in the engine may be ahead of what is published.
  RETURN_IF_ERROR(Run([&](Step& step) -> absl::Status {
                    ASSIGN_OR_RETURN(const std::set<std::string> held, step.LeaseKeys(id));
                    keys.assign(held.begin(), held.end());
                    return absl::OkStatus();
                  }).status());
  return keys;
}

absl::StatusOr<absl::Time> MvccStore::ExpireLeases(absl::Time now) {
  const std::vector<LeaseId> due = leases_.Due(now);
  std::vector<Write> writes(due.size());
  for (size_t i = 0; i < due.size(); ++i) {
    writes[i].kind = Write::Kind::kTransaction;
    writes[i].origin.time = now;
    writes[i].body = [id = due[i], now](Transaction& transaction) {
      Step& step = static_cast<Step&>(transaction);
      const std::optional<Lease> lease = step.FindLease(id);
      // It may have been renewed or revoked meanwhile.
      if (!lease || lease->deadline > now) return absl::OkStatus();
      return step.Revoke(id);
    };
  }
  Apply(absl::MakeSpan(writes));
  for (const Write& write : writes) RETURN_IF_ERROR(write.result.status());
  return leases_.NextDeadline();
}

// ---- the rest -------------------------------------------------------------------------------------------------------

absl::Status MvccStore::Compact(Revision revision) { return compactor_.Compact(revision); }

absl::StatusOr<Stats> MvccStore::GetStats() {
  Stats stats;
  // Before the view, which may be a lock.
  ASSIGN_OR_RETURN(stats.disk_bytes, engine_->Bytes());
  ASSIGN_OR_RETURN(const auto view, engine_->NewView());
  absl::StatusOr<int64_t> forgotten = absl::NotFoundError("");
  do {
    stats.compacted = horizon_.compacted;
    forgotten = ReadHistoryBytes(view.get(), stats.compacted);
  } while (absl::IsNotFound(forgotten.status()) && horizon_.compacted > stats.compacted);
  RETURN_IF_ERROR(forgotten.status());
  stats.current = horizon_.current;
  ASSIGN_OR_RETURN(const int64_t total, ReadHistoryBytes(view.get(), stats.current));
  stats.history_bytes = total - *forgotten;
  stats.watchers = static_cast<int64_t>(hub_.watchers());
  stats.leases = static_cast<int64_t>(leases_.size());
  stats.refuses_puts = engine_->RefusesPuts();
  return stats;
}

absl::Status MvccStore::Checkpoint(const std::string& dir, absl::Time now) {
  return WriteCheckpoint(engine_.get(), dir, now);
}

}  // namespace kubelite::store
