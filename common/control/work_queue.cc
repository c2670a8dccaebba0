#include "common/control/work_queue.h"

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "common/base/metrics.h"
#include "common/base/mutex.h"
#include "common/client/gate.h"

namespace kubelite::control {
namespace {

// Upstream's names (k8s.io/component-base/metrics/prometheus/workqueue).
struct QueueMetrics {
  explicit QueueMetrics(const std::string& name)
      : depth(base::Metrics().AddGauge("workqueue_depth", "Current depth of workqueue", {"name"}).With({name})),
        adds(base::Metrics()
                 .AddCounter("workqueue_adds_total", "Total number of adds handled by workqueue", {"name"})
                 .With({name})),
        queue_duration(base::Metrics()
                           .AddHistogram("workqueue_queue_duration_seconds",
                                         "How long in seconds an item stays in workqueue before being requested.",
                                         base::ExponentialBuckets(10e-9, 10, 12), {"name"})
                           .With({name})),
        work_duration(base::Metrics()
                          .AddHistogram("workqueue_work_duration_seconds",
                                        "How long in seconds processing an item from workqueue takes.",
                                        base::ExponentialBuckets(10e-9, 10, 12), {"name"})
                          .With({name})),
        retries(base::Metrics()
                    .AddCounter("workqueue_retries_total", "Total number of retries handled by workqueue", {"name"})
                    .With({name})) {}
  base::Gauge& depth;
  base::Counter& adds;
  base::Histogram& queue_duration;
  base::Histogram& work_duration;
  base::Counter& retries;
};

}  // namespace

// A key is in `dirty` while it waits: in `ready`, or for its present run to end. It is in `running` while it is worked
// on. So `ready` holds exactly the keys that are dirty and not running. `delayed` is apart from both.
struct WorkQueue::State : std::enable_shared_from_this<WorkQueue::State> {
  State(Options options, base::Executor* executor, std::function<void(const ObjectKey&)> work)
      : options(std::move(options)), executor(executor), work(std::move(work)), metrics(this->options.name) {}

  void Add(const ObjectKey& key);
  void AddAfter(const ObjectKey& key, absl::Duration delay);
  void ShutDown();
  // The timer of `ticket` fired.
  void Due(const ObjectKey& key, uint64_t ticket);
  // Works on the first ready key.
  void RunOne();
  void PostRun() {
    executor->Post([self = shared_from_this()] { self->RunOne(); });
  }
  // Returns whether another task must be posted for it.
  bool Insert(const ObjectKey& key, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  // Takes the first ready key for a task; gives the task back when there is none.
  bool TakeFirst(ObjectKey* key);
  // Returns whether the task must go on with another key.
  bool Finish(const ObjectKey& key);

  const Options options;
  base::Executor* const executor;
  const std::function<void(const ObjectKey&)> work;
  const QueueMetrics metrics;

  client::Gate gate;

  mutable base::Mutex mutex;
  bool shut_down ABSL_GUARDED_BY(mutex) = false;
  int tasks ABSL_GUARDED_BY(mutex) = 0;  // posted or running; at most options.workers
  std::deque<ObjectKey> ready ABSL_GUARDED_BY(mutex);
  absl::flat_hash_map<ObjectKey, absl::Time> dirty ABSL_GUARDED_BY(mutex);  // since when
  absl::flat_hash_set<ObjectKey> running ABSL_GUARDED_BY(mutex);
  struct Delayed {
    absl::Time when;
    uint64_t ticket = 0;
  };
  absl::flat_hash_map<ObjectKey, Delayed> delayed ABSL_GUARDED_BY(mutex);
  uint64_t last_ticket ABSL_GUARDED_BY(mutex) = 0;
  absl::flat_hash_map<ObjectKey, int> failures ABSL_GUARDED_BY(mutex);
};

bool WorkQueue::State::Insert(const ObjectKey& key, absl::Time now) {
  if (!dirty.emplace(key, now).second) return false;
  metrics.adds.Increment();
  if (running.contains(key)) return false;
  ready.push_back(key);
  metrics.depth.Add(1);
  if (tasks >= options.workers) return false;
  ++tasks;
  return true;
}

void WorkQueue::State::Add(const ObjectKey& key) {
  bool post = false;
  {
    base::MutexLock lock(&mutex);
    if (shut_down) return;
    post = Insert(key, executor->clock().Now());
  }
  if (post) PostRun();
}

void WorkQueue::State::AddAfter(const ObjectKey& key, absl::Duration delay) {
  metrics.retries.Increment();
  if (delay <= absl::ZeroDuration()) return Add(key);
  const absl::Time when = executor->clock().Now() + delay;
  uint64_t ticket = 0;
  {
    base::MutexLock lock(&mutex);
    if (shut_down) return;
    const auto [it, inserted] = delayed.try_emplace(key);
    if (!inserted && it->second.when <= when) return;
    ticket = ++last_ticket;
    it->second = {when, ticket};
  }
  executor->PostAt(when, [weak = weak_from_this(), key, ticket] {
    if (const std::shared_ptr<State> self = weak.lock()) self->Due(key, ticket);
  });
}

void WorkQueue::State::Due(const ObjectKey& key, uint64_t ticket) {
  bool post = false;
  {
    base::MutexLock lock(&mutex);
    const auto it = delayed.find(key);
    // An earlier time may have replaced this timer.
    if (shut_down || it == delayed.end() || it->second.ticket != ticket) return;
    delayed.erase(it);
    post = Insert(key, executor->clock().Now());
  }
  if (post) PostRun();
}

bool WorkQueue::State::TakeFirst(ObjectKey* key) {
  base::MutexLock lock(&mutex);
  if (shut_down || ready.empty()) {
    --tasks;
    return false;
  }
  *key = std::move(ready.front());
  ready.pop_front();
  metrics.depth.Add(-1);
  const auto since = dirty.find(*key);
  metrics.queue_duration.Observe(absl::ToDoubleSeconds(executor->clock().Now() - since->second));
  dirty.erase(since);
  running.insert(*key);
  return true;
}

bool WorkQueue::State::Finish(const ObjectKey& key) {
  base::MutexLock lock(&mutex);
  running.erase(key);
  if (!shut_down && dirty.contains(key)) {
    ready.push_back(key);
    metrics.depth.Add(1);
  }
  if (!shut_down && !ready.empty()) return true;
  --tasks;
  return false;
}

void WorkQueue::State::RunOne() {
  const client::Gate::Pass pass(&gate);
  ObjectKey key;
  if (!pass || !TakeFirst(&key)) return;
  const absl::Time start = executor->clock().Now();
  work(key);
  metrics.work_duration.Observe(absl::ToDoubleSeconds(executor->clock().Now() - start));
  if (Finish(key)) PostRun();
}

void WorkQueue::State::ShutDown() {
  {
    base::MutexLock lock(&mutex);
    shut_down = true;
    metrics.depth.Add(-static_cast<double>(ready.size()));
    ready.clear();
    dirty.clear();
    delayed.clear();
    failures.clear();
  }
  gate.Close();
}

WorkQueue::WorkQueue(Options options, base::Executor* executor, std::function<void(const ObjectKey&)> work)
    : state_(std::make_shared<State>(std::move(options), executor, std::move(work))) {}

WorkQueue::~WorkQueue() { ShutDown(); }

void WorkQueue::Add(const ObjectKey& key) { state_->Add(key); }

void WorkQueue::AddAfter(const ObjectKey& key, absl::Duration delay) { state_->AddAfter(key, delay); }

void WorkQueue::AddRateLimited(const ObjectKey& key) {
  constexpr int kMaxDoublings = 40;  // beyond any maximum
  const RateLimit& limit = state_->options.rate_limit;
  absl::Duration delay;
  {
    base::MutexLock lock(&state_->mutex);
    if (state_->shut_down) return;
    const int failures = state_->failures[key]++;
    delay = std::min(limit.max, limit.base * (int64_t{1} << std::min(failures, kMaxDoublings)));
  }
  state_->AddAfter(key, delay);
}

void WorkQueue::Forget(const ObjectKey& key) {
  base::MutexLock lock(&state_->mutex);
  state_->failures.erase(key);
}

int WorkQueue::NumRequeues(const ObjectKey& key) const {
  base::MutexLock lock(&state_->mutex);
  const auto it = state_->failures.find(key);
  return it == state_->failures.end() ? 0 : it->second;
}

void WorkQueue::ShutDown() { state_->ShutDown(); }

size_t WorkQueue::depth() const {
  base::MutexLock lock(&state_->mutex);
  return state_->ready.size();
}

bool WorkQueue::idle() const {
  base::MutexLock lock(&state_->mutex);
  return state_->ready.empty() && state_->running.empty() && state_->delayed.empty();
}

}  // namespace kubelite::control
