#include "tests/robustness/follower.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace kubelite::robustness {
namespace {

constexpr uint64_t kMaxPoll = 8;
constexpr uint64_t kLookBack = 30;

}  // namespace

Follower::Follower(Options options, TickSource* ticks)
    : options_(std::move(options)), ticks_(ticks), client_(options_.id, ticks), random_(options_.seed) {}

void Follower::Attach(store::Store* store) {
  client_.Attach(store);
  {
    base::MutexLock lock(&mutex_);
    stopped_ = false;
  }
  EnsureWatch();
}

void Follower::Stop() {
  base::MutexLock lock(&mutex_);
  stopped_ = true;
  changed_.SignalAll();
}

bool Follower::stopped() {
  base::MutexLock lock(&mutex_);
  return stopped_;
}

void Follower::Detach() {
  if (watch_ == nullptr) return;
  watch_.reset();
  base::MutexLock lock(&mutex_);
  record().wakeups = std::move(wakeups_);
  wakeups_.clear();
  ready_ = false;
}

bool Follower::Open(Revision after) {
  WatchRecord opened;
  opened.range = options_.range;
  opened.after = after;
  watch_ = client_.NewWatch(options_.range, after, [this] {
    const Tick now = ticks_->Next();
    base::MutexLock lock(&mutex_);
    wakeups_.push_back(now);
    ready_ = true;
    changed_.SignalAll();
  });
  const Operation& call = client_.session().back();
  opened.call = call.call;
  opened.returned = std::min(call.returned, ticks_->Next());
  opened.opened = call.status;
  subscription().watches.push_back(std::move(opened));
  return watch_ != nullptr;
}

bool Follower::StartAgain() {
  Detach();
  const Operation& list = client_.List(options_.range, 0, 0);
  if (!list.status.ok()) return false;
  progress_ = list.revision;
  subscriptions_.push_back({absl::StrCat("w", options_.id, ".", subscriptions_.size() + 1), {}});
  return Open(progress_);
}

bool Follower::EnsureWatch() {
  if (watch_ != nullptr) return true;
  // After 0 means from now on: nothing can be resumed there.
  if (progress_ == 0) return StartAgain();
  if (Open(progress_)) return true;
  return absl::IsOutOfRange(record().opened) && StartAgain();
}

void Follower::BeRestless() {
  if (!options_.restless || progress_ == 0 || random_.Uniform(12) != 0) return;
  Detach();
  if (random_.Uniform(3) != 0) return;  // resumes
  const Revision after = progress_ - static_cast<Revision>(random_.Uniform(kLookBack));
  if (after < 1) return;
  progress_ = after;
  subscriptions_.push_back({absl::StrCat("w", options_.id, ".", subscriptions_.size() + 1), {}});
}

bool Follower::Poll(size_t max, bool unasked) {
  PollRecord poll;
  poll.max = max;
  poll.unasked = unasked;
  poll.call = ticks_->Next();
  auto batch = watch_->Poll(max);
  poll.returned = ticks_->Next();
  poll.status = batch.status();
  if (batch.ok()) {
    poll.events = std::move(batch->events);
    poll.progress = batch->progress;
    progress_ = std::max(progress_, poll.progress);
  }
  record().polls.push_back(std::move(poll));
  if (!batch.ok()) {
    Detach();
    return false;
  }
  if (options_.on_batch != nullptr) options_.on_batch(record().polls.back());
  return true;
}

bool Follower::WaitUntilReady() {
  base::MutexLock lock(&mutex_);
  while (!ready_ && !stopped_) changed_.Wait(&mutex_);
  const bool ready = ready_;
  ready_ = false;
  return ready;
}

void Follower::Follow() {
  bool unasked = false;
  while (true) {
    if (!EnsureWatch()) {
      // The store is down or cannot read; the next round resumes.
      while (!stopped()) WaitUntilReady();
      return;
    }
    const size_t max = 1 + random_.Uniform(kMaxPoll);
    const bool alive = Poll(max, unasked);
    // Only what was compacted is gone on with at once: a store that cannot read now would refuse for ever.
    if (!alive && (unasked || !absl::IsOutOfRange(record().polls.back().status))) {
      while (!stopped()) WaitUntilReady();
      return;
    }
    unasked = false;
    if (!alive) continue;
    const PollRecord& poll = record().polls.back();
    if (poll.events.size() >= max) continue;
    if (stopped() && poll.unasked) return;
    if (!stopped()) BeRestless();
    if (watch_ == nullptr) continue;
    unasked = !WaitUntilReady();
  }
}

}  // namespace kubelite::robustness
