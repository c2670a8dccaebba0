#include "store/etcd/lease_timer.h"

#include <utility>

#include "common/base/log.h"
#include "common/base/mutex.h"

namespace kubelite::etcd {
namespace {

// After a refusal of the disk.
constexpr absl::Duration kRetry = absl::Seconds(1);

}  // namespace

struct LeaseTimer::State : std::enable_shared_from_this<State> {
  State(store::Store* store, base::Executor* executor) : store(store), executor(executor) {}

  void Expect(absl::Time deadline) {
    base::MutexLock lock(&mutex);
    if (stopped || deadline >= next) return;
    if (timer != 0) executor->Cancel(timer);
    next = deadline;
    timer = executor->PostAt(deadline, [weak = weak_from_this()] {
      if (const std::shared_ptr<State> self = weak.lock()) self->Expire();
    });
  }

  void Expire() {
    {
      base::MutexLock lock(&mutex);
      if (stopped) return;
      timer = 0;
      next = absl::InfiniteFuture();
      ++expiring;
    }
    const absl::Time now = executor->clock().Now();
    absl::StatusOr<absl::Time> following = store->ExpireLeases(now);
    if (!following.ok()) base::LogWarning("Leases not ended", {{"err", following.status()}});
    {
      base::MutexLock lock(&mutex);
      if (--expiring == 0) idle.SignalAll();
    }
    Expect(following.ok() ? *following : now + kRetry);
  }

  store::Store* const store;
  base::Executor* const executor;
  base::Mutex mutex;
  base::CondVar idle;
  bool stopped ABSL_GUARDED_BY(mutex) = false;
  int expiring ABSL_GUARDED_BY(mutex) = 0;
  base::TimerId timer ABSL_GUARDED_BY(mutex) = 0;
  absl::Time next ABSL_GUARDED_BY(mutex) = absl::InfiniteFuture();
};

LeaseTimer::LeaseTimer(store::Store* store, base::Executor* executor)
    : state_(std::make_shared<State>(store, executor)) {
  state_->Expect(executor->clock().Now());
}

LeaseTimer::~LeaseTimer() {
  base::MutexLock lock(&state_->mutex);
  state_->stopped = true;
  if (state_->timer != 0) state_->executor->Cancel(state_->timer);
  while (state_->expiring > 0) state_->idle.Wait(&state_->mutex);
}

void LeaseTimer::Expect(absl::Time deadline) { state_->Expect(deadline); }

}  // namespace kubelite::etcd
