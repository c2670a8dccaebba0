#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace kubelite::store {

// A point in the store's history. The first step that writes gets revision 1; each later one one more. All changes of
// one step (see Transaction) share its revision. 0 means "latest" for reads and "must not exist" for writes.
using Revision = int64_t;
// As `expected`: whatever the key is at, also absent.
inline constexpr Revision kAnyRevision = -1;

// Names a lease; 0 is none.
using LeaseId = int64_t;

struct KeyValue {
  std::string key;
  std::string value;
  Revision create_revision = 0;  // of the Put that made this life of the key
  Revision mod_revision = 0;     // of the Put that wrote this value
  int64_t version = 0;           // 1 for the Put that made this life of the key, one more for each later one
  LeaseId lease = 0;             // whose end deletes the key
};

// One change. Immutable and shared by all watchers; made durable before anyone sees it.
struct Event {
  enum class Type { kPut, kDelete };
  Type type = Type::kPut;
  KeyValue kv;                               // kDelete: key and mod_revision only, the rest empty
  std::shared_ptr<const KeyValue> previous;  // value before the change; null for a first Put or when it is compacted
  Revision revision() const { return kv.mod_revision; }
};
using EventPtr = std::shared_ptr<const Event>;

// Keys in [begin, end); an empty `end` has no bound.
struct KeyRange {
  std::string begin;
  std::string end;
  static KeyRange All() { return {}; }
  static KeyRange Prefix(absl::string_view prefix);
  static KeyRange Single(absl::string_view key);
  // The part at or after `start`.
  KeyRange From(absl::string_view start) const;
  bool Contains(absl::string_view key) const;
};

// A key that a Scan finds. The bytes are valid during the call only.
struct KeyValueView {
  absl::string_view key;
  absl::string_view value;
  Revision create_revision = 0;
  Revision mod_revision = 0;
  int64_t version = 0;
  LeaseId lease = 0;
};

struct ScanResult {
  Revision revision = 0;  // the revision that was read
  bool more = false;      // stopped at the limit
};

struct ListResult {
  std::vector<KeyValue> items;  // in key order
  Revision revision = 0;        // the revision that was read
  bool more = false;            // stopped at `limit`; go on with From(last key + '\0') at the same revision
};

// Errors, as absl codes (their messages are for people; decide on the code):
//   NotFound            no such key (or lease) at that revision
//   Aborted             revision mismatch: the key is not at the expected revision (for expected 0: AlreadyExists)
//   OutOfRange          the revision was compacted
//   FailedPrecondition  the revision is in the future
//   ResourceExhausted   the disk is full: puts are refused, reads and deletes still work
//   Unavailable         closed, or the disk refuses (read-only, failed); reads may still work. A refused write may or
//                       may not have taken effect, wholly: read before trying again, as after a lost reply
//   DataLoss            a damaged file; names it and the remedy
absl::Status CompactedError(Revision requested, Revision compacted);

// A cursor over changes in one range of keys, in revision order, each exactly once. One reader at a time.
class Watch {
 public:
  virtual ~Watch() = default;  // ends the watch; `on_ready` is not called afterwards
  struct Batch {
    std::vector<EventPtr> events;  // in order; never only a part of a revision's matching changes
    // Every change up to here has been delivered, matching or not: what a bookmark may say.
    Revision progress = 0;
  };
  // The next `max` events and the rest of the last one's revision; fewer only when there are no more now. Never blocks
  // for new ones (reads the log from disk when the watcher has fallen behind). OutOfRange when the next event was
  // compacted away, Unavailable when the store is closed.
  virtual absl::StatusOr<Batch> Poll(size_t max) = 0;
};

// What is kept with a step beside its changes. The store never asks for the time.
struct Origin {
  // When, in whole microseconds; steps should not go backwards. Unset (the epoch) becomes that of the step before.
  absl::Time time = absl::UnixEpoch();
  std::string note;  // who and why, in the caller's own encoding; not interpreted
};

// Several reads and writes that take effect as one step, under one revision, or not at all. Reads see the store as it
// is at this step and the transaction's own writes. Valid during the body's call only.
class Transaction {
 public:
  virtual ~Transaction() = default;
  // The revision that the step's changes get.
  virtual Revision revision() const = 0;
  virtual absl::StatusOr<KeyValue> Get(absl::string_view key) = 0;
  virtual absl::StatusOr<ListResult> List(const KeyRange& range, size_t limit) = 0;
  // Unconditional: compare with Get first. A key may be written once per transaction (InvalidArgument otherwise).
  // NotFound when the lease does not exist.
  virtual absl::Status Put(absl::string_view key, absl::string_view value, LeaseId lease) = 0;
  // NotFound when the key does not exist.
  virtual absl::Status Delete(absl::string_view key) = 0;
};
// An error abandons the step. Runs on the committing thread while other writers wait: must be short, must not call the
// Store.
using TransactionBody = std::function<absl::Status(Transaction&)>;

// One step to be committed, and then its outcome.
struct Write {
  enum class Kind { kPut, kDelete, kTransaction };
  Kind kind = Kind::kPut;
  // kPut, kDelete. The bytes must stay until Apply returns.
  absl::string_view key;
  absl::string_view value;
  // kPut: 0 must not exist (AlreadyExists), kAnyRevision, else the key's mod_revision (Aborted; NotFound when absent).
  // kDelete: the key's mod_revision, or kAnyRevision for whatever is there (NotFound when absent).
  Revision expected = 0;
  LeaseId lease = 0;     // kPut; NotFound when it does not exist
  TransactionBody body;  // kTransaction
  Origin origin;

  // The step's revision; for a transaction without changes, the revision it has read at.
  absl::StatusOr<Revision> result = absl::UnknownError("not committed");
};

struct Lease {
  LeaseId id = 0;
  absl::Duration ttl;   // as granted; kept for the caller
  absl::Time deadline;  // when ExpireLeases ends it
};

// A change with its origin.
struct Change {
  EventPtr event;
  Origin origin;
};

struct Stats {
  Revision current = 0;
  Revision compacted = 0;
  int64_t disk_bytes = 0;     // of all files
  int64_t history_bytes = 0;  // about what the log and values that are no longer the newest take; what Compact can free
  int64_t watchers = 0;
  int64_t leases = 0;
  bool refuses_puts = false;  // the disk is full
};

// A revisioned, watchable map from byte keys to byte values. It has never heard of Pods.
// All methods are thread-safe and may block on the disk; readers never wait for a writer's sync.
class Store {
 public:
  virtual ~Store() = default;

  // `at` 0 reads the latest revision.
  virtual absl::StatusOr<KeyValue> Get(absl::string_view key, Revision at = 0) = 0;
  // Shows the keys in `range` to `visit`, in order and without copying them; `limit` 0 means all. `visit` must not call
  // the store, whose rows are pinned meanwhile. After an error what was shown is not all.
  virtual absl::StatusOr<ScanResult> Scan(const KeyRange& range, size_t limit, Revision at,
                                          absl::FunctionRef<void(const KeyValueView&)> visit) = 0;
  // Scan, kept.
  absl::StatusOr<ListResult> List(const KeyRange& range, size_t limit, Revision at = 0);
  virtual absl::StatusOr<int64_t> Count(const KeyRange& range, Revision at = 0) = 0;

  // Commits the writes in order, each a step of its own that succeeds or fails alone; they share a sync with each other
  // and with other callers' writes. What has succeeded is durable when this returns.
  virtual void Apply(absl::Span<Write> writes) = 0;
  // Single steps. Return the new revision; `expected` as in Write.
  absl::StatusOr<Revision> Put(absl::string_view key, absl::string_view value, Revision expected, LeaseId lease = 0,
                               Origin origin = {});
  absl::StatusOr<Revision> Delete(absl::string_view key, Revision expected, Origin origin = {});
  absl::StatusOr<Revision> Transact(TransactionBody body, Origin origin = {});

  // Changes with revision > `after` in `range` (0: from now on). `on_ready` is called, from any thread and without
  // locks held, when Poll may have something new after it last returned fewer than `max`; it must not block or call
  // back into the store: post a task. Poll once at the start: what lies between `after` and now does not call it.
  virtual absl::StatusOr<std::unique_ptr<Watch>> NewWatch(const KeyRange& range, Revision after,
                                                          std::function<void()> on_ready) = 0;

  // The retained changes of one key with revision <= `at` (0: latest), newest first, at most `limit` (0: all): those
  // above the compacted revision, then the Put of the value that the key had there. The origin of a change below the
  // compacted revision is forgotten: epoch and empty.
  virtual absl::StatusOr<std::vector<Change>> History(absl::string_view key, size_t limit, Revision at = 0) = 0;
  // The newest revision whose origin is not later than `time`. OutOfRange when that was compacted or nothing is so old.
  virtual absl::StatusOr<Revision> RevisionAt(absl::Time time) = 0;

  // Leases survive a restart with their deadlines. AlreadyExists when the id is in use.
  virtual absl::Status GrantLease(const Lease& lease) = 0;
  // Not synced: a power loss (not a crash of the process) may undo the newest renewals.
  virtual absl::Status RenewLease(LeaseId id, absl::Time deadline) = 0;
  // Deletes the lease's keys in one step and the lease. Returns the step's revision; without keys, the current one.
  virtual absl::StatusOr<Revision> RevokeLease(LeaseId id, Origin origin = {}) = 0;
  virtual absl::StatusOr<Lease> GetLease(LeaseId id) = 0;
  // In order. Waits for the writers before it.
  virtual absl::StatusOr<std::vector<std::string>> LeaseKeys(LeaseId id) = 0;
  virtual std::vector<Lease> Leases() = 0;
  // Revokes all leases whose deadline is not after `now`, each in a step of its own with `now` as origin; returns the
  // next deadline (InfiniteFuture: none).
  virtual absl::StatusOr<absl::Time> ExpireLeases(absl::Time now) = 0;

  // The oldest revision from which on the history takes at most `bytes` (see Stats): what to compact to, to keep as
  // much.
  virtual absl::StatusOr<Revision> RevisionKeeping(int64_t bytes) = 0;
  // Forgets history below `revision` (the newest value of each key stays readable at and above it).
  virtual absl::Status Compact(Revision revision) = 0;
  virtual Revision CurrentRevision() const = 0;
  virtual Revision CompactedRevision() const = 0;
  virtual absl::StatusOr<Stats> GetStats() = 0;

  // Writes a consistent copy of the store with a manifest (checkpoint.h) into the absent directory `dir`. Hard links
  // where it can; writers go on meanwhile.
  virtual absl::Status Checkpoint(const std::string& dir, absl::Time now) = 0;
};

struct OpenOptions {
  std::string directory;             // made when absent; locked while open
  size_t watch_queue_events = 1024;  // bound of each watcher's queue in memory
};
// Opens or creates the RocksDB store. FailedPrecondition when the directory is in use (names the holder), holds a
// foreign or newer database (names it and the remedy); DataLoss when damaged.
absl::StatusOr<std::unique_ptr<Store>> OpenRocksDb(const OpenOptions& options);
// The same store over memory, for tests and simulation; Checkpoint is Unimplemented.
std::unique_ptr<Store> OpenInMemory(size_t watch_queue_events = 1024);

}  // namespace kubelite::store
