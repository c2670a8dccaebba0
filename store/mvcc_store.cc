#include "store/mvcc_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "store/history.h"
#include "store/store_directory.h"

namespace kubelite::store {
namespace {

absl::Status FutureError(Revision requested, Revision current) {
  return absl::FailedPreconditionError(
      absl::StrCat("revision ", requested, " is in the future; the store is at ", current));
}

// Makes a reader of type T at revision `at` (0: the latest) that compaction cannot disturb: `make` pins the rows, and
// what was not compacted after that is among them. Stores the revision in *revision.
template <typename T, typename MakeFn>
absl::StatusOr<T> PinAt(const Horizon& horizon, Revision at, Revision* revision, MakeFn make) {
  if (at < 0) return absl::InvalidArgumentError(absl::StrCat("revision ", at, " is negative"));
  while (true) {
    const Revision current = horizon.current;
    if (at > current) return FutureError(at, current);
    *revision = at == 0 ? current : at;
    T reader = make(*revision);
    const Revision compacted = horizon.compacted;
    if (*revision >= compacted) return reader;
    if (at != 0) return CompactedError(at, compacted);
  }
}

}  // namespace

absl::Status CompactedError(Revision requested, Revision compacted) {
  return absl::OutOfRangeError(
      absl::StrCat("revision ", requested, " was compacted; the oldest that can be read is ", compacted));
}

absl::StatusOr<std::unique_ptr<MvccStore>> MvccStore::Open(std::unique_ptr<Engine> engine, size_t watch_queue_events) {
  absl::StatusOr<DurableState> state = ReadDurableState(engine.get());
  if (absl::IsNotFound(state.status())) {
    RETURN_IF_ERROR(WriteFormat(engine.get()));
    state = ReadDurableState(engine.get());
  }
  RETURN_IF_ERROR(state.status());
  engine->AllowDrop(state->swept);
  return std::unique_ptr<MvccStore>(new MvccStore(std::move(engine), *state, watch_queue_events));
}

MvccStore::MvccStore(std::unique_ptr<Engine> engine, const DurableState& state, size_t watch_queue_events)
    : engine_(std::move(engine)),
      horizon_{state.current, state.compacted},
      hub_(state.current, watch_queue_events,
           [this](absl::string_view prefix, Revision after, Revision up_to, size_t max) {
             return ReadLogForWatch(prefix, after, up_to, max);
           }),
      committer_(engine_.get(), &horizon_, &hub_),
      queue_([this](absl::Span<PendingWrite* const> group) { return committer_.Commit(group); }),
      compactor_(engine_.get(), &horizon_, &queue_, state.swept) {}

absl::StatusOr<KeyValue> MvccStore::Get(absl::string_view key, Revision at) {
  ASSIGN_OR_RETURN(const auto view, engine_->NewView());
  Revision revision = 0;
  ASSIGN_OR_RETURN(const KeyReader reader, PinAt<KeyReader>(horizon_, at, &revision,
                                                            [&](Revision r) { return KeyReader(view.get(), key, r); }));
  return reader.Read();
}

absl::StatusOr<ListResult> MvccStore::List(absl::string_view prefix, absl::string_view start, size_t limit,
                                           Revision at) {
  ASSIGN_OR_RETURN(const auto view, engine_->NewView());
  ListResult result;
  ASSIGN_OR_RETURN(LiveKeys keys, PinAt<LiveKeys>(horizon_, at, &result.revision,
                                                  [&](Revision r) { return LiveKeys(view.get(), prefix, start, r); }));
  while (keys.Next()) {
    if (limit > 0 && result.items.size() == limit) {
      result.more = true;
      break;
    }
    ASSIGN_OR_RETURN(KeyValue kv, keys.Current());
    result.items.push_back(std::move(kv));
  }
  RETURN_IF_ERROR(keys.status());
  return result;
}

absl::StatusOr<int64_t> MvccStore::Count(absl::string_view prefix, Revision at) {
  ASSIGN_OR_RETURN(const auto view, engine_->NewView());
  Revision revision = 0;
  ASSIGN_OR_RETURN(LiveKeys keys, PinAt<LiveKeys>(horizon_, at, &revision,
                                                  [&](Revision r) { return LiveKeys(view.get(), prefix, "", r); }));
  int64_t count = 0;
  while (keys.Next()) ++count;
  RETURN_IF_ERROR(keys.status());
  return count;
}

absl::StatusOr<Revision> MvccStore::Put(absl::string_view key, absl::string_view value, Revision expected) {
  PendingWrite write;
  write.kind = PendingWrite::Kind::kPut;
  write.key = key;
  write.value = value;
  write.expected = expected;
  return Commit(&write);
}

absl::StatusOr<Revision> MvccStore::Delete(absl::string_view key, Revision expected) {
  PendingWrite write;
  write.kind = PendingWrite::Kind::kDelete;
  write.key = key;
  write.expected = expected;
  return Commit(&write);
}

absl::StatusOr<Revision> MvccStore::Commit(PendingWrite* write) {
  if (write->key.empty()) return absl::InvalidArgumentError("the key is empty");
  queue_.Run(write);
  return std::move(write->result);
}

absl::StatusOr<std::unique_ptr<Watch>> MvccStore::NewWatch(absl::string_view prefix, Revision after,
                                                           std::function<void()> on_ready) {
  if (after < 0) return absl::InvalidArgumentError(absl::StrCat("revision ", after, " is negative"));
  const Revision current = horizon_.current;
  if (after > current) return FutureError(after, current);
  if (after == 0) return hub_.Add(prefix, current, std::move(on_ready));
  const Revision compacted = horizon_.compacted;
  if (after + 1 < compacted) return CompactedError(after + 1, compacted);
  return hub_.Add(prefix, after, std::move(on_ready));
}

absl::StatusOr<LogSlice> MvccStore::ReadLogForWatch(absl::string_view prefix, Revision after, Revision up_to,
                                                    size_t max) {
  ASSIGN_OR_RETURN(const auto view, engine_->NewView());
  absl::StatusOr<LogSlice> slice = ReadLog(view.get(), prefix, after, up_to, max);
  // Checked afterwards: rows that went missing meanwhile were compacted, not damaged.
  const Revision compacted = horizon_.compacted;
  if (after + 1 < compacted) return CompactedError(after + 1, compacted);
  return slice;
}

absl::Status MvccStore::Compact(Revision revision) { return compactor_.Compact(revision); }

absl::Status MvccStore::Checkpoint(const std::string& dir) { return CheckpointTo(engine_.get(), dir); }

}  // namespace kubelite::store
