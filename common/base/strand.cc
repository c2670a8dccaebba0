// Strand of executor.h.

#include <deque>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/base/executor.h"
#include "common/base/mutex.h"
#include "common/base/ready_task.h"

namespace kubelite::base {
namespace {

// A strand keeps a worker for this many tasks before it lets others run.
constexpr int kTasksPerTurn = 16;

// The strands whose tasks are on this thread's stack, innermost first.
struct RunningStrand {
  const void* state;
  const RunningStrand* outer;
};
thread_local const RunningStrand* running_strands = nullptr;

bool RunsOnThisThread(const void* state) {
  for (const RunningStrand* running = running_strands; running != nullptr; running = running->outer) {
    if (running->state == state) return true;
  }
  return false;
}

}  // namespace

struct Strand::State {
  struct Timer {
    TimerId executor_timer;
    Task task;
  };

  explicit State(Executor* e) : executor(e) {}

  // Queues `ready`; true when the caller must see to it that Drain runs.
  bool Enqueue(ReadyTask ready) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  bool TakeReady(Task* task) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) { return TakeReadyTask(&queue, &timers, task); }
  static void Drain(const std::shared_ptr<State>& state);
  static void PostDrain(std::shared_ptr<State> state);
  static void TimerDue(const std::shared_ptr<State>& state, TimerId timer);

  Executor* const executor;
  Mutex mutex;
  CondVar task_ended;
  bool closed ABSL_GUARDED_BY(mutex) = false;
  bool running ABSL_GUARDED_BY(mutex) = false;    // a task is being run
  bool scheduled ABSL_GUARDED_BY(mutex) = false;  // Drain is posted or running
  std::deque<ReadyTask> queue ABSL_GUARDED_BY(mutex);
  absl::flat_hash_map<TimerId, Timer> timers ABSL_GUARDED_BY(mutex);
  TimerId next_timer ABSL_GUARDED_BY(mutex) = 1;
};

bool Strand::State::Enqueue(ReadyTask ready) {
  queue.push_back(std::move(ready));
  return !std::exchange(scheduled, true);
}

void Strand::State::Drain(const std::shared_ptr<State>& state) {
  const RunningStrand here{state.get(), running_strands};
  for (int i = 0; i < kTasksPerTurn; ++i) {
    Task task;
    {
      MutexLock lock(&state->mutex);
      if (!state->TakeReady(&task)) {
        state->scheduled = false;
        return;
      }
      state->running = true;
    }
    running_strands = &here;
    task();
    task = nullptr;  // its closure belongs to the strand too
    running_strands = here.outer;
    MutexLock lock(&state->mutex);
    state->running = false;
    state->task_ended.SignalAll();
    if (state->closed) return;
  }
  PostDrain(state);
}

void Strand::State::PostDrain(std::shared_ptr<State> state) {
  Executor* const executor = state->executor;
  executor->Post([state = std::move(state)] { Drain(state); });
}

void Strand::State::TimerDue(const std::shared_ptr<State>& state, TimerId timer) {
  {
    MutexLock lock(&state->mutex);
    if (!state->timers.contains(timer) || !state->Enqueue({timer, nullptr})) return;
  }
  Drain(state);
}

Strand::Strand(Executor* executor) : state_(std::make_shared<State>(executor)) {}

Strand::~Strand() {
  std::deque<ReadyTask> queue;
  absl::flat_hash_map<TimerId, State::Timer> timers;
  {
    MutexLock lock(&state_->mutex);
    state_->closed = true;
    queue.swap(state_->queue);
    timers.swap(state_->timers);
    if (!RunsOnThisThread(state_.get())) {
      while (state_->running) state_->task_ended.Wait(&state_->mutex);
    }
  }
  for (const auto& [id, timer] : timers) state_->executor->Cancel(timer.executor_timer);
}

void Strand::Post(Task task) {
  {
    MutexLock lock(&state_->mutex);
    if (state_->closed || !state_->Enqueue({0, std::move(task)})) return;
  }
  State::PostDrain(state_);
}

TimerId Strand::PostAt(absl::Time when, Task task) {
  MutexLock lock(&state_->mutex);
  const TimerId timer = state_->next_timer++;
  if (state_->closed) return timer;
  // Under the lock, so that TimerDue finds the entry however early it comes.
  const TimerId executor_timer =
      state_->executor->PostAt(when, [state = state_, timer] { State::TimerDue(state, timer); });
  state_->timers.emplace(timer, State::Timer{executor_timer, std::move(task)});
  return timer;
}

TimerId Strand::PostAfter(absl::Duration delay, Task task) { return PostAt(clock().Now() + delay, std::move(task)); }

bool Strand::Cancel(TimerId timer) {
  Task cancelled;  // destroyed after the lock is released
  TimerId executor_timer = 0;
  {
    MutexLock lock(&state_->mutex);
    auto entry = state_->timers.find(timer);
    if (entry == state_->timers.end()) return false;
    cancelled = std::move(entry->second.task);
    executor_timer = entry->second.executor_timer;
    state_->timers.erase(entry);
  }
  state_->executor->Cancel(executor_timer);
  return true;
}

Executor* Strand::executor() const { return state_->executor; }

const Clock& Strand::clock() const { return state_->executor->clock(); }

}  // namespace kubelite::base
