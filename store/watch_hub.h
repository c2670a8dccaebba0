#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "store/history.h"
#include "store/store.h"

namespace kubelite::store {

// Hands durable changes to watchers. Each watcher has a bounded queue of shared events; when it overflows the watcher
// is "behind": the queue is dropped and Poll reads the log from disk until it has caught up. Thread-safe; Publish is
// called by one thread at a time. Watches may outlive the hub: they answer Unavailable then.
class WatchHub {
 public:
  // Changes in `range` in (after, up_to] from disk, as ReadLog. OutOfRange when compacted.
  using ReadLogFn =
      std::function<absl::StatusOr<LogSlice>(const KeyRange& range, Revision after, Revision up_to, size_t max)>;

  struct Watcher;
  // Watchers that wait for Poll to have something new.
  using Wakeups = std::vector<std::shared_ptr<Watcher>>;

  // `published`: the revision up to which changes are only on disk.
  WatchHub(Revision published, size_t queue_events, ReadLogFn read_log);
  ~WatchHub();  // wakes all watchers; waits for running Polls
  WatchHub(const WatchHub&) = delete;
  WatchHub& operator=(const WatchHub&) = delete;

  // `after` must not be above the durable revision.
  std::unique_ptr<Watch> Add(const KeyRange& range, Revision after, std::function<void()> on_ready);

  size_t watchers() const;

  // `events` carry the revisions after those published before, without a hole; each step whole. Calls nobody back;
  // costs by the watchers that match. Call Wake with the result afterwards, without locks.
  Wakeups Publish(absl::Span<const EventPtr> events);
  static void Wake(const Wakeups& wakeups);

 private:
  class HubWatch;
  class WatcherIndex;
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace kubelite::store
