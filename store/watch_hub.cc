#include "store/watch_hub.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"

namespace kubelite::store {

struct WatchHub::Watcher {
  Watcher(absl::string_view prefix, Revision after, std::function<void()> on_ready)
      : prefix(prefix), on_ready(std::move(on_ready)), delivered(after) {}

  const std::string prefix;
  const std::function<void()> on_ready;

  base::Mutex mutex;
  // Every matching change up to here was returned by Poll, or lies before the watch.
  Revision delivered ABSL_GUARDED_BY(mutex);
  std::deque<EventPtr> queue ABSL_GUARDED_BY(mutex);  // what follows `delivered`; empty when behind
  bool behind ABSL_GUARDED_BY(mutex) = false;
  Revision missed ABSL_GUARDED_BY(mutex) = 0;  // the newest matching change not queued because the watcher was behind
  bool armed ABSL_GUARDED_BY(mutex) = true;    // on_ready is due at the next change
  int calling ABSL_GUARDED_BY(mutex) = 0;      // on_ready calls under way
  bool ended ABSL_GUARDED_BY(mutex) = false;
  base::CondVar not_calling;

  // Queues a change. Returns whether on_ready is due.
  bool Offer(const EventPtr& event, size_t bound) {
    base::MutexLock lock(&mutex);
    if (event->revision() <= delivered) return false;
    if (!behind && queue.size() >= bound) {
      queue.clear();
      behind = true;
    }
    if (behind) {
      missed = event->revision();
    } else {
      queue.push_back(event);
    }
    return std::exchange(armed, false);
  }
};

struct WatchHub::State {
  State(Revision published, size_t queue_events, ReadLogFn read_log)
      : queue_events(std::max<size_t>(queue_events, 1)), read_log(std::move(read_log)), published(published) {}

  const size_t queue_events;
  const ReadLogFn read_log;
  // All changes up to here were offered to the watchers.
  std::atomic<Revision> published;
  std::atomic<bool> closed = false;

  base::Mutex mutex;
  absl::flat_hash_map<std::string, std::vector<std::shared_ptr<Watcher>>> by_prefix ABSL_GUARDED_BY(mutex);
  std::map<size_t, size_t> prefix_lengths ABSL_GUARDED_BY(mutex);  // length -> number of distinct prefixes
  int reading ABSL_GUARDED_BY(mutex) = 0;                          // calls of read_log under way
  base::CondVar not_reading;

  void Insert(const std::shared_ptr<Watcher>& watcher) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    auto& watchers = by_prefix[watcher->prefix];
    if (watchers.empty()) ++prefix_lengths[watcher->prefix.size()];
    watchers.push_back(watcher);
  }

  void Remove(const std::shared_ptr<Watcher>& watcher) {
    base::MutexLock lock(&mutex);
    const auto it = by_prefix.find(watcher->prefix);
    auto& watchers = it->second;
    std::swap(*std::find(watchers.begin(), watchers.end(), watcher), watchers.back());
    watchers.pop_back();
    if (!watchers.empty()) return;
    by_prefix.erase(it);
    const auto length = prefix_lengths.find(watcher->prefix.size());
    if (--length->second == 0) prefix_lengths.erase(length);
  }

  void Offer(const EventPtr& event, Wakeups* wakeups) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    const absl::string_view key = event->kv.key;
    for (const auto& [length, prefixes] : prefix_lengths) {
      if (length > key.size()) return;
      const auto it = by_prefix.find(key.substr(0, length));
      if (it == by_prefix.end()) continue;
      for (const std::shared_ptr<Watcher>& watcher : it->second) {
        if (watcher->Offer(event, queue_events)) wakeups->push_back(watcher);
      }
    }
  }

  absl::StatusOr<LogSlice> Read(absl::string_view prefix, Revision after, Revision up_to, size_t max) {
    {
      base::MutexLock lock(&mutex);
      if (closed) return absl::UnavailableError("the store is closed");
      ++reading;
    }
    absl::StatusOr<LogSlice> slice = read_log(prefix, after, up_to, max);
    base::MutexLock lock(&mutex);
    if (--reading == 0) not_reading.SignalAll();
    return slice;
  }
};

class WatchHub::HubWatch : public Watch {
 public:
  HubWatch(std::shared_ptr<State> state, std::shared_ptr<Watcher> watcher)
      : state_(std::move(state)), watcher_(std::move(watcher)) {}

  ~HubWatch() override {
    state_->Remove(watcher_);
    base::MutexLock lock(&watcher_->mutex);
    watcher_->ended = true;
    while (watcher_->calling > 0) watcher_->not_calling.Wait(&watcher_->mutex);
  }

  absl::StatusOr<Batch> Poll(size_t max) override {
    Batch batch;
    while (true) {
      if (state_->closed) return absl::UnavailableError("the store is closed");
      // Read before the queue: what was published by now has been queued by now.
      const Revision published = state_->published;
      Revision from = 0;
      Revision up_to = 0;
      {
        base::MutexLock lock(&watcher_->mutex);
        if (!watcher_->behind) {
          TakeQueued(published, max, &batch);
          return batch;
        }
        from = watcher_->delivered;
        up_to = std::max(published, watcher_->missed);
      }
      ASSIGN_OR_RETURN(LogSlice slice, state_->Read(watcher_->prefix, from, up_to, max - batch.events.size()));
      std::move(slice.events.begin(), slice.events.end(), std::back_inserter(batch.events));
      base::MutexLock lock(&watcher_->mutex);
      watcher_->delivered = slice.scanned_to;
      // Changes published since the read were not queued but noted in `missed`; without any, the queue takes over here.
      if (slice.scanned_to == up_to && watcher_->missed <= up_to) watcher_->behind = false;
      if (batch.events.size() >= max) {
        batch.progress = watcher_->delivered;
        return batch;
      }
    }
  }

 private:
  void TakeQueued(Revision published, size_t max, Batch* batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(watcher_->mutex) {
    auto& queue = watcher_->queue;
    for (; !queue.empty() && batch->events.size() < max; queue.pop_front()) {
      watcher_->delivered = queue.front()->revision();
      batch->events.push_back(std::move(queue.front()));
    }
    if (queue.empty()) watcher_->delivered = std::max(watcher_->delivered, published);
    if (batch->events.size() < max) watcher_->armed = true;
    batch->progress = watcher_->delivered;
  }

  const std::shared_ptr<State> state_;
  const std::shared_ptr<Watcher> watcher_;
};

WatchHub::WatchHub(Revision published, size_t queue_events, ReadLogFn read_log)
    : state_(std::make_shared<State>(published, queue_events, std::move(read_log))) {}

WatchHub::~WatchHub() {
  Wakeups all;
  {
    base::MutexLock lock(&state_->mutex);
    state_->closed = true;
    while (state_->reading > 0) state_->not_reading.Wait(&state_->mutex);
    for (const auto& [prefix, watchers] : state_->by_prefix) all.insert(all.end(), watchers.begin(), watchers.end());
  }
  Wake(all);
}

std::unique_ptr<Watch> WatchHub::Add(absl::string_view prefix, Revision after, std::function<void()> on_ready) {
  auto watcher = std::make_shared<Watcher>(prefix, after, std::move(on_ready));
  {
    base::MutexLock lock(&state_->mutex);
    base::MutexLock watcher_lock(&watcher->mutex);
    watcher->behind = after < state_->published;
    state_->Insert(watcher);
  }
  return std::make_unique<HubWatch>(state_, std::move(watcher));
}

WatchHub::Wakeups WatchHub::Publish(absl::Span<const EventPtr> events) {
  Wakeups wakeups;
  base::MutexLock lock(&state_->mutex);
  for (const EventPtr& event : events) state_->Offer(event, &wakeups);
  if (!events.empty()) state_->published = events.back()->revision();
  return wakeups;
}

void WatchHub::Wake(const Wakeups& wakeups) {
  for (const std::shared_ptr<Watcher>& watcher : wakeups) {
    if (watcher->on_ready == nullptr) continue;
    {
      base::MutexLock lock(&watcher->mutex);
      if (watcher->ended) continue;
      ++watcher->calling;
    }
    watcher->on_ready();
    base::MutexLock lock(&watcher->mutex);
    if (--watcher->calling == 0) watcher->not_calling.SignalAll();
  }
}

}  // namespace kubelite::store
