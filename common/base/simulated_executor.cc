#include "common/base/simulated_executor.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"

namespace kubelite::base {

absl::Time FakeClock::Now() const {
  MutexLock lock(&mutex_);
  return now_;
}

void FakeClock::Set(absl::Time now) {
  MutexLock lock(&mutex_);
  now_ = now;
}

void FakeClock::Advance(absl::Duration by) {
  MutexLock lock(&mutex_);
  now_ += by;
}

SimulatedExecutor::SimulatedExecutor(uint64_t seed)
    : SimulatedExecutor(seed, absl::FromCivil(absl::CivilSecond(2030, 1, 1), absl::UTCTimeZone())) {}

SimulatedExecutor::SimulatedExecutor(uint64_t seed, absl::Time start) : clock_(start), random_(seed) {}

SimulatedExecutor::~SimulatedExecutor() {
  // A dropped closure may call back, for example through the destructor of a Strand that it owns.
  while (true) {
    std::vector<ReadyTask> ready;
    std::map<std::pair<absl::Time, TimerId>, Task> timers;
    {
      MutexLock lock(&mutex_);
      ready.swap(ready_);
      timers.swap(timers_);
      timer_times_.clear();
    }
    if (ready.empty() && timers.empty()) return;
  }
}

void SimulatedExecutor::Post(Task task) {
  MutexLock lock(&mutex_);
  ready_.push_back({0, std::move(task)});
}

TimerId SimulatedExecutor::PostAt(absl::Time when, Task task) {
  MutexLock lock(&mutex_);
  const TimerId id = next_timer_++;
  timers_.emplace(std::make_pair(when, id), std::move(task));
  timer_times_.emplace(id, when);
  return id;
}

bool SimulatedExecutor::Cancel(TimerId timer) {
  Task cancelled;  // destroyed after the lock is released
  MutexLock lock(&mutex_);
  if (auto time = timer_times_.find(timer); time != timer_times_.end()) {
    auto entry = timers_.find({time->second, timer});
    cancelled = std::move(entry->second);
    timers_.erase(entry);
    timer_times_.erase(time);
    return true;
  }
  auto ready = std::find_if(ready_.begin(), ready_.end(), [timer](const ReadyTask& t) { return t.timer == timer; });
  if (timer == 0 || ready == ready_.end()) return false;
  cancelled = std::move(ready->task);
  ready_.erase(ready);
  return true;
}

bool SimulatedExecutor::RunOne() {
  Task task;
  {
    const absl::Time now = clock_.Now();
    MutexLock lock(&mutex_);
    while (!timers_.empty() && timers_.begin()->first.first <= now) {
      auto due = timers_.begin();
      ready_.push_back({due->first.second, std::move(due->second)});
      timer_times_.erase(due->first.second);
      timers_.erase(due);
    }
    if (ready_.empty()) return false;
    std::swap(ready_[random_.Uniform(ready_.size())], ready_.back());
    task = std::move(ready_.back().task);
    ready_.pop_back();
  }
  ++tasks_run_;
  task();
  return true;
}

absl::Time SimulatedExecutor::NextTimer() {
  MutexLock lock(&mutex_);
  return timers_.empty() ? absl::InfiniteFuture() : timers_.begin()->first.first;
}

void SimulatedExecutor::Settle(int64_t max_tasks) {
  for (int64_t i = 0; RunOne(); ++i) CHECK(i < max_tasks && "livelock: tasks keep posting tasks without time passing");
}

void SimulatedExecutor::Advance(absl::Duration by) {
  AdvanceUntil([] { return false; }, by);
}

bool SimulatedExecutor::AdvanceUntil(absl::AnyInvocable<bool()> condition, absl::Duration limit) {
  const absl::Time deadline = clock_.Now() + limit;
  while (true) {
    Settle();
    if (condition()) return true;
    const absl::Time now = clock_.Now();
    const absl::Time next = NextTimer();
    if (next > deadline && now >= deadline) return false;
    if (next == absl::InfiniteFuture() && deadline == next) return false;
    clock_.Set(std::min(next, deadline));
  }
}

}  // namespace kubelite::base
