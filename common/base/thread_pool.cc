#include "common/base/thread_pool.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/base/check.h"
#include "common/base/mutex.h"
#include "common/base/ready_task.h"

namespace kubelite::base {

namespace {

thread_local ThreadPool::WakeBatch* current_batch = nullptr;
thread_local const void* current_pool = nullptr;  // State of the pool whose worker this thread is

}  // namespace

struct ThreadPool::State {
  struct Timer {
    absl::Time when;
    Task task;
  };

  void RunWorker();
  void RunTimers();
  // Moves due timers to the queue; returns the next deadline.
  absl::Time QueueDueTimers() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  bool TakeReady(Task* task) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) { return TakeReadyTask(&queue, &timers, task); }

  Mutex mutex;
  CondVar work_added;
  CondVar deadline_moved;
  bool stopping ABSL_GUARDED_BY(mutex) = false;
  std::deque<ReadyTask> queue ABSL_GUARDED_BY(mutex);
  absl::flat_hash_map<TimerId, Timer> timers ABSL_GUARDED_BY(mutex);
  std::set<std::pair<absl::Time, TimerId>> deadlines ABSL_GUARDED_BY(mutex);
  TimerId next_timer ABSL_GUARDED_BY(mutex) = 1;
  std::vector<std::thread> threads;  // constant between constructor and destructor
};

void ThreadPool::State::RunWorker() {
  current_pool = this;
  while (true) {
    Task task;
    {
      MutexLock lock(&mutex);
      while (!stopping && !TakeReady(&task)) work_added.Wait(&mutex);
      if (stopping) return;
    }
    task();
  }
}

absl::Time ThreadPool::State::QueueDueTimers() {
  while (!deadlines.empty()) {
    const auto [when, timer] = *deadlines.begin();
    if (when > SystemClock().Now()) return when;
    deadlines.erase(deadlines.begin());
    queue.push_back({timer, nullptr});
    work_added.Signal();
  }
  return absl::InfiniteFuture();
}

void ThreadPool::State::RunTimers() {
  MutexLock lock(&mutex);
  while (!stopping) {
    const absl::Time next = QueueDueTimers();
    if (next == absl::InfiniteFuture()) {
      deadline_moved.Wait(&mutex);
    } else {
      // Rounded up: waking before the deadline would spin.
      deadline_moved.WaitUntilUnixNanos(&mutex, absl::ToUnixNanos(next + absl::Nanoseconds(1)));
    }
  }
}

ThreadPool::ThreadPool(int threads) : state_(std::make_unique<State>()) {
  CHECK(threads > 0);
  for (int i = 0; i < threads; ++i) state_->threads.emplace_back([state = state_.get()] { state->RunWorker(); });
  state_->threads.emplace_back([state = state_.get()] { state->RunTimers(); });
}

ThreadPool::~ThreadPool() {
  {
    MutexLock lock(&state_->mutex);
    state_->stopping = true;
    state_->work_added.SignalAll();
    state_->deadline_moved.SignalAll();
  }
  for (std::thread& thread : state_->threads) {
    CHECK(thread.get_id() != std::this_thread::get_id() && "a ThreadPool is destroyed by its own task");
    thread.join();
  }
  // Dropped closures may still call Post and Cancel, for example through the destructor of a Strand.
  std::deque<ReadyTask> queue;
  absl::flat_hash_map<TimerId, State::Timer> timers;
  {
    MutexLock lock(&state_->mutex);
    queue.swap(state_->queue);
    timers.swap(state_->timers);
    state_->deadlines.clear();
  }
}

const Clock& ThreadPool::clock() const { return SystemClock(); }

void ThreadPool::Post(Task task) {
  {
    MutexLock lock(&state_->mutex);
    if (state_->stopping) return;
    state_->queue.push_back({0, std::move(task)});
  }
  // Without the lock, which the woken thread needs first.
  if (current_batch == nullptr) {
    WakeOne();
  } else {
    current_batch->posts_.push_back(this);
  }
}

void ThreadPool::WakeOne() { state_->work_added.Signal(); }

ThreadPool::WakeBatch::WakeBatch() : outer_(std::exchange(current_batch, this)) {}

ThreadPool::WakeBatch::~WakeBatch() {
  current_batch = outer_;
  bool own_taken = false;
  for (ThreadPool* pool : posts_) {
    if (pool->state_.get() == current_pool && !std::exchange(own_taken, true)) continue;
    pool->WakeOne();
  }
}

TimerId ThreadPool::PostAt(absl::Time when, Task task) {
  MutexLock lock(&state_->mutex);
  const TimerId timer = state_->next_timer++;
  if (state_->stopping) return timer;
  state_->timers.emplace(timer, State::Timer{when, std::move(task)});
  const auto position = state_->deadlines.emplace(when, timer).first;
  if (position == state_->deadlines.begin()) state_->deadline_moved.Signal();
  return timer;
}

bool ThreadPool::Cancel(TimerId timer) {
  Task cancelled;  // destroyed after the lock is released
  MutexLock lock(&state_->mutex);
  auto entry = state_->timers.find(timer);
  if (entry == state_->timers.end()) return false;
  cancelled = std::move(entry->second.task);
  state_->deadlines.erase({entry->second.when, timer});
  state_->timers.erase(entry);
  return true;
}

}  // namespace kubelite::base
