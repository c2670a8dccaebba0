#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "common/base/executor.h"
#include "common/base/mutex.h"
#include "common/client/client.h"
#include "common/client/fake/fake_objects.h"
#include "common/client/gate.h"

namespace kubelite::client {

// The fake API server's memory: the objects, a bounded history of changes, and the watches that read it. Thread-safe.
class FakeStorage : public std::enable_shared_from_this<FakeStorage> {
 public:
  explicit FakeStorage(base::Executor* executor) : executor_(executor) {}

  // What a write does to the present state (null when absent): the new state, or an error. `gone` removes the object.
  struct Outcome {
    std::shared_ptr<Object> object;
    bool gone = false;
    bool dry_run = false;
    int64_t min_revision = 0;
  };
  using Edit = absl::FunctionRef<absl::StatusOr<Outcome>(const ObjectPtr& current)>;

  // Reads, edits and commits as one step. A result equal to the present state is no change. `key` may have an empty
  // name when the edit generates one.
  absl::StatusOr<ObjectPtr> Write(const ResourceInfo& resource, const ObjectKey& key, Edit edit);
  ObjectPtr Get(const ResourceInfo& resource, const ObjectKey& key) const;
  // In the order of their keys, and the revision they are of.
  std::vector<ObjectPtr> List(const ResourceInfo& resource, const FakeSelection& selection, int64_t* revision) const;

  absl::StatusOr<std::unique_ptr<WatchStream>> Watch(const ResourceInfo& resource, FakeSelection selection,
                                                     const WatchOptions& options, std::function<void()> on_ready);
  void CutWatches(const absl::Status& status);
  // Forgets all changes so far: older revisions are expired.
  void CompactHistory();
  // A storage of its own with what was there at an earlier revision. Expired when that was forgotten.
  absl::StatusOr<std::shared_ptr<FakeStorage>> At(int64_t revision) const;

 private:
  friend class FakeWatchStream;

  struct Change {
    int64_t revision = 0;
    ObjectPtr before;  // null: created
    ObjectPtr after;   // the last state with the deletion's revision when `gone`
    bool gone = false;
  };
  struct Kind {
    std::map<ObjectKey, ObjectPtr> objects;
    std::deque<Change> history;  // oldest first
    int64_t compacted = 0;       // changes up to here are forgotten
  };
  // The shared part of a watch stream; guarded by mutex_ where not constant.
  struct Watcher {
    const ResourceInfo* resource = nullptr;
    FakeSelection selection;
    bool bookmarks = false;
    bool as_table = false;
    std::function<void()> on_ready;
    Gate gate;

    bool notified = false;
    bool columns_sent = false;
    int64_t cursor = 0;  // changes up to here were seen
    std::deque<ObjectPtr> initial;
    absl::Status ended;
  };
  using Watchers = std::vector<std::shared_ptr<Watcher>>;

  ObjectPtr Commit(const ResourceInfo& resource, const ObjectPtr& before, const Outcome& outcome, Watchers* wake)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The watchers that live and are to be told of something; marks them so.
  void MarkNotified(const std::shared_ptr<Watcher>& watcher, Watchers* wake) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Watchers LiveWatchers() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Posts the notifications; called without the lock.
  void Notify(const Watchers& wake);
  absl::StatusOr<std::vector<WatchEvent>> Poll(Watcher* watcher, size_t max);
  static bool ToEvent(const Watcher& watcher, const Change& change, WatchEvent* event);
  static void ToTable(Watcher* watcher, WatchEvent* event);

  base::Executor* const executor_;

  mutable base::Mutex mutex_;
  // From 1, as etcd's: an empty server's revision is one to watch from, and "0" means "any".
  int64_t revision_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<const ResourceInfo*, Kind> kinds_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::weak_ptr<Watcher>> watchers_ ABSL_GUARDED_BY(mutex_);
};

// One row per object with its name: what the fake knows about printing.
void FakeTableColumns(kubelite::v1::Table* table);
void FakeTableRow(const Object& object, kubelite::v1::Table* table);

}  // namespace kubelite::client
