#include "store/watch_hub.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"
#include "store/range_tree.h"

namespace kubelite::store {

struct WatchHub::Watcher {
  Watcher(const KeyRange& range, Revision after, std::function<void()> on_ready)
      : range(range), on_ready(std::move(on_ready)), delivered(after) {}

  const KeyRange range;
  const std::function<void()> on_ready;

  base::Mutex mutex;
  // Every matching change up to here was returned by Poll, or lies before the watch.
  Revision delivered ABSL_GUARDED_BY(mutex);
  std::vector<EventPtr> queue ABSL_GUARDED_BY(mutex);  // from `taken` on what follows `delivered`; empty when behind
  size_t taken ABSL_GUARDED_BY(mutex) = 0;
  bool behind ABSL_GUARDED_BY(mutex) = false;
  Revision missed ABSL_GUARDED_BY(mutex) = 0;  // the newest matching change not queued because the watcher was behind
  bool armed ABSL_GUARDED_BY(mutex) = true;    // on_ready is due at the next change
  int calling ABSL_GUARDED_BY(mutex) = 0;      // on_ready calls under way
  bool ended ABSL_GUARDED_BY(mutex) = false;
  base::CondVar not_calling;
  bool offered = false;  // something by the present Publish; of its thread

  // Queues a change, if the watcher has not had it from the log.
  void Offer(const EventPtr& event, size_t bound) {
    base::MutexLock lock(&mutex);
    if (event->revision() <= delivered) return;
    if (!behind && queue.size() - taken >= bound) {
      queue = {};
      taken = 0;
      behind = true;
    }
    if (behind) {
      missed = event->revision();
    } else {
      queue.push_back(event);
    }
  }

  // Whether on_ready is due.
  bool Disarm() {
    base::MutexLock lock(&mutex);
    const bool more = behind || taken < queue.size();
    return more && std::exchange(armed, false);
  }
};

// The watchers, found by key.
class WatchHub::WatcherIndex {
 public:
  using WatcherPtr = std::shared_ptr<Watcher>;

  void Insert(const WatcherPtr& watcher) {
    ++size_;
    if (!IsPrefix(watcher->range)) {
      ranges_.Insert(watcher->range, watcher);
      return;
    }
    auto& watchers = by_prefix_[watcher->range.begin];
    if (watchers.empty()) ++prefix_lengths_[watcher->range.begin.size()];
    watchers.push_back(watcher);
  }

  void Remove(const WatcherPtr& watcher) {
    --size_;
    if (!IsPrefix(watcher->range)) {
      ranges_.Remove(watcher->range, watcher);
      return;
    }
    const auto it = by_prefix_.find(watcher->range.begin);
    Erase(watcher, &it->second);
    if (!it->second.empty()) return;
    by_prefix_.erase(it);
    const auto length = prefix_lengths_.find(watcher->range.begin.size());
    if (--length->second == 0) prefix_lengths_.erase(length);
  }

  template <typename Function>
  void ForEachMatch(absl::string_view key, Function&& function) const {
    for (const auto& [length, prefixes] : prefix_lengths_) {
      if (length > key.size()) break;
      const auto it = by_prefix_.find(key.substr(0, length));
      if (it == by_prefix_.end()) continue;
      for (const WatcherPtr& watcher : it->second) function(watcher);
    }
    if (ranges_.size() > 0) ranges_.ForEachContaining(key, function);
  }

  template <typename Function>
  void ForEach(Function&& function) const {
    for (const auto& [prefix, watchers] : by_prefix_) {
      for (const WatcherPtr& watcher : watchers) function(watcher);
    }
    ranges_.ForEach(function);
  }

  size_t size() const { return size_; }

 private:
  static bool IsPrefix(const KeyRange& range) { return KeyRange::Prefix(range.begin).end == range.end; }
  static void Erase(const WatcherPtr& watcher, std::vector<WatcherPtr>* watchers) {
    std::swap(*std::find(watchers->begin(), watchers->end(), watcher), watchers->back());
    watchers->pop_back();
  }

  size_t size_ = 0;
  absl::flat_hash_map<std::string, std::vector<WatcherPtr>> by_prefix_;
  std::map<size_t, size_t> prefix_lengths_;  // length -> number of distinct prefixes
  RangeTree<WatcherPtr> ranges_;             // that are no prefixes
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
  WatcherIndex index ABSL_GUARDED_BY(mutex);
  int reading ABSL_GUARDED_BY(mutex) = 0;  // calls of read_log under way
  base::CondVar not_reading;

  absl::StatusOr<LogSlice> Read(const KeyRange& range, Revision after, Revision up_to, size_t max) {
    {
      base::MutexLock lock(&mutex);
      if (closed) return absl::UnavailableError("the store is closed");
      ++reading;
    }
    absl::StatusOr<LogSlice> slice = read_log(range, after, up_to, max);
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
    {
      base::MutexLock lock(&state_->mutex);
      state_->index.Remove(watcher_);
    }
    base::MutexLock lock(&watcher_->mutex);
    watcher_->ended = true;
    while (watcher_->calling > 0) watcher_->not_calling.Wait(&watcher_->mutex);
  }

  absl::StatusOr<Batch> Poll(size_t max) override {
    Batch batch;
    while (true) {
      if (state_->closed) return absl::UnavailableError("the store is closed");
      Revision from = 0;
      Revision up_to = 0;
      {
        base::MutexLock lock(&watcher_->mutex);
        // Read before the queue: what was published by now has been queued by now. And read under the lock: whatever is
        // published later looks at `armed` later than this poll sets it.
        const Revision published = state_->published;
        if (!watcher_->behind) {
          TakeQueued(published, max, &batch);
          return batch;
        }
        from = watcher_->delivered;
        up_to = std::max(published, watcher_->missed);
      }
      ASSIGN_OR_RETURN(LogSlice slice, state_->Read(watcher_->range, from, up_to, max - batch.events.size()));
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
  // Takes whole steps only: what is queued of a step that is being published stays.
  void TakeQueued(Revision published, size_t max, Batch* batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(watcher_->mutex) {
    auto& queue = watcher_->queue;
    size_t& taken = watcher_->taken;
    const auto ready = [&](size_t i) { return i < queue.size() && queue[i]->revision() <= published; };
    const size_t from = taken;
    size_t room = max - std::min(max, batch->events.size());
    while (ready(taken) && (room > 0 || (taken > from && queue[taken]->revision() == queue[taken - 1]->revision()))) {
      ++taken;
      room -= std::min<size_t>(room, 1);
    }
    if (taken > from) watcher_->delivered = queue[taken - 1]->revision();
    if (!ready(taken)) watcher_->delivered = std::max(watcher_->delivered, published);
    MoveTaken(from, batch);
    if (batch->events.size() < max) watcher_->armed = true;
    batch->progress = watcher_->delivered;
  }

  void MoveTaken(size_t from, Batch* batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(watcher_->mutex) {
    auto& queue = watcher_->queue;
    size_t& taken = watcher_->taken;
    if (from == 0 && taken == queue.size() && batch->events.empty()) {
      batch->events.swap(queue);
    } else {
      batch->events.insert(batch->events.end(), std::make_move_iterator(queue.begin() + static_cast<ptrdiff_t>(from)),
                           std::make_move_iterator(queue.begin() + static_cast<ptrdiff_t>(taken)));
      // Seldom enough that moving the rest costs little.
      if (taken < queue.size() && taken < state_->queue_events) return;
      queue.erase(queue.begin(), queue.begin() + static_cast<ptrdiff_t>(taken));
    }
    taken = 0;
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
    state_->index.ForEach([&](const std::shared_ptr<Watcher>& watcher) { all.push_back(watcher); });
  }
  Wake(all);
}

size_t WatchHub::watchers() const {
  base::MutexLock lock(&state_->mutex);
  return state_->index.size();
}

std::unique_ptr<Watch> WatchHub::Add(const KeyRange& range, Revision after, std::function<void()> on_ready) {
  auto watcher = std::make_shared<Watcher>(range, after, std::move(on_ready));
  {
    base::MutexLock lock(&state_->mutex);
    base::MutexLock watcher_lock(&watcher->mutex);
    watcher->behind = after < state_->published;
    state_->index.Insert(watcher);
  }
  return std::make_unique<HubWatch>(state_, std::move(watcher));
}

WatchHub::Wakeups WatchHub::Publish(absl::Span<const EventPtr> events) {
  Wakeups wakeups;
  base::MutexLock lock(&state_->mutex);
  Wakeups offered;
  for (const EventPtr& event : events) {
    state_->index.ForEachMatch(event->kv.key, [&](const std::shared_ptr<Watcher>& watcher) {
      watcher->Offer(event, state_->queue_events);
      if (!std::exchange(watcher->offered, true)) offered.push_back(watcher);
    });
  }
  if (!events.empty()) state_->published = events.back()->revision();
  // Only now: who polls before takes nothing of what is offered, and arms itself again.
  for (std::shared_ptr<Watcher>& watcher : offered) {
    watcher->offered = false;
    if (watcher->Disarm()) wakeups.push_back(std::move(watcher));
  }
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
