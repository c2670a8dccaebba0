#include "store/lease_expirer.h"

#include <algorithm>

#include "common/base/log.h"

namespace kubelite::store {
namespace {

constexpr absl::Duration kMinPause = absl::Milliseconds(500);
// After a failure (disk gone).
constexpr absl::Duration kRetry = absl::Seconds(5);

}  // namespace

LeaseExpirer::LeaseExpirer(Store* store, base::Executor* executor) : store_(store), strand_(executor) {}

LeaseExpirer::~LeaseExpirer() {
  base::MutexLock lock(&mutex_);
  if (timer_ != 0) strand_.Cancel(timer_);
}

void LeaseExpirer::Start() { Expect(strand_.clock().Now()); }

void LeaseExpirer::Expect(absl::Time deadline) {
  base::MutexLock lock(&mutex_);
  Arm(deadline);
}

void LeaseExpirer::Arm(absl::Time when) {
  when = std::max(when, not_before_);
  if (when >= armed_) return;
  if (timer_ != 0) strand_.Cancel(timer_);
  armed_ = when;
  timer_ = strand_.PostAt(when, [this] { Sweep(); });
}

void LeaseExpirer::Sweep() {
  const absl::Time now = strand_.clock().Now();
  {
    base::MutexLock lock(&mutex_);
    // What is granted from here on arms anew.
    timer_ = 0;
    armed_ = absl::InfiniteFuture();
    not_before_ = now + kMinPause;
  }
  const absl::StatusOr<absl::Time> next = store_->ExpireLeases(now);
  if (!next.ok()) base::LogWarning("Leases could not be ended", {{"err", next.status()}});
  base::MutexLock lock(&mutex_);
  Arm(next.ok() ? *next : now + kRetry);
}

}  // namespace kubelite::store
