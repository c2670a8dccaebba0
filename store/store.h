#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kubelite::store {

// A point in the store's history. The first write gets revision 1; each later write one more. 0 means "latest" for
// reads and "must not exist" for writes.
using Revision = int64_t;

struct KeyValue {
  std::string key;
  std::string value;
  Revision create_revision = 0;  // of the Put that made this life of the key
  Revision mod_revision = 0;     // of the Put that wrote this value
};

// One change. Immutable and shared by all watchers; made durable before anyone sees it.
struct Event {
  enum class Type { kPut, kDelete };
  Type type = Type::kPut;
  KeyValue kv;                               // kDelete: key and mod_revision only, value empty
  std::shared_ptr<const KeyValue> previous;  // value before the change; null for a first Put or when it is compacted
  Revision revision() const { return kv.mod_revision; }
};
using EventPtr = std::shared_ptr<const Event>;

struct ListResult {
  std::vector<KeyValue> items;  // in key order
  Revision revision = 0;        // the revision that was read
  bool more = false;            // stopped at `limit`; go on with start = last key + '\0' at the same revision
};

// Errors, as absl codes (their messages are for people; decide on the code):
//   NotFound            no such key at that revision
//   Aborted             revision mismatch: the key is not at the expected revision (for expected 0: AlreadyExists)
//   OutOfRange          the revision was compacted
//   FailedPrecondition  the revision is in the future
//   Unavailable         closed, or the disk refuses (full, read-only, failed); reads may still work. A refused write
//   may or
//                       may not have taken effect, wholly: read before trying again, as after a lost reply
//   DataLoss            a damaged file; names it and the remedy
absl::Status CompactedError(Revision requested, Revision compacted);

// A cursor over changes under one prefix, in revision order, each exactly once. One reader at a time.
class Watch {
 public:
  virtual ~Watch() = default;  // ends the watch; `on_ready` is not called afterwards
  struct Batch {
    std::vector<EventPtr> events;
    // Every change up to here has been delivered, matching or not: what a bookmark may say.
    Revision progress = 0;
  };
  // At most `max` events now; never blocks for new ones (reads the log from disk when the watcher has fallen behind).
  // OutOfRange when the next event was compacted away, Unavailable when the store is closed.
  virtual absl::StatusOr<Batch> Poll(size_t max) = 0;
};

// A revisioned, watchable map from byte keys to byte values. It has never heard of Pods.
// All methods are thread-safe and may block on the disk; readers never wait for a writer's sync.
class Store {
 public:
  virtual ~Store() = default;

  // `at` 0 reads the latest revision.
  virtual absl::StatusOr<KeyValue> Get(absl::string_view key, Revision at = 0) = 0;
  // Keys in [max(prefix, start), end of prefix). `limit` 0 means all.
  virtual absl::StatusOr<ListResult> List(absl::string_view prefix, absl::string_view start, size_t limit,
                                          Revision at = 0) = 0;
  virtual absl::StatusOr<int64_t> Count(absl::string_view prefix, Revision at = 0) = 0;

  // Durable when it returns. `expected`: 0 must not exist (AlreadyExists), else the key's mod_revision (Aborted;
  // NotFound when absent). Returns the new revision.
  virtual absl::StatusOr<Revision> Put(absl::string_view key, absl::string_view value, Revision expected) = 0;
  // `expected` must be the key's mod_revision. Returns the revision of the deletion.
  virtual absl::StatusOr<Revision> Delete(absl::string_view key, Revision expected) = 0;

  // Changes with revision > `after` under `prefix` (0: from now on). `on_ready` is called, from any thread and without
  // locks held, when Poll may have something new after it last returned fewer than `max`; it must not block or call
  // back into the store: post a task. Poll once at the start: what lies between `after` and now does not call it.
  virtual absl::StatusOr<std::unique_ptr<Watch>> NewWatch(absl::string_view prefix, Revision after,
                                                          std::function<void()> on_ready) = 0;

  // Forgets history below `revision` (the newest value of each key stays readable at and above it).
  virtual absl::Status Compact(Revision revision) = 0;
  virtual Revision CurrentRevision() const = 0;
  virtual Revision CompactedRevision() const = 0;

  // Writes a consistent copy of the store into the absent directory `dir`, which can be opened as a store.
  virtual absl::Status Checkpoint(const std::string& dir) = 0;
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
