#include "apiserver/registry/compactor.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"

namespace kubelite::apiserver {
namespace {

// History is kept for between one and 1.2 retention ages.
constexpr int kChecksPerAge = 5;
constexpr absl::Duration kBytesPeriod = absl::Seconds(10);
// Compaction by bytes goes this far below the bound, so that it is not the next thing again.
constexpr double kFill = 0.8;

absl::Duration PeriodOf(const Retention& retention) {
  absl::Duration period = absl::InfiniteDuration();
  if (retention.age > absl::ZeroDuration()) period = retention.age / kChecksPerAge;
  if (retention.bytes > 0) period = std::min(period, kBytesPeriod);
  return period;
}

}  // namespace

Compactor::Compactor(store::Store* store, base::Executor* executor, Retention retention)
    : store_(store), retention_(retention), period_(PeriodOf(retention)), strand_(executor) {}

Compactor::~Compactor() {
  base::MutexLock lock(&mutex_);
  if (timer_ != 0) strand_.Cancel(timer_);
}

void Compactor::Start() {
  if (period_ == absl::InfiniteDuration()) return;
  base::MutexLock lock(&mutex_);
  if (timer_ == 0) Arm();
}

void Compactor::Arm() {
  timer_ = strand_.PostAfter(period_, [this] { Tick(); });
}

store::Revision Compactor::TooOld(absl::Time now) {
  if (retention_.age <= absl::ZeroDuration() || now < next_by_age_) return 0;
  next_by_age_ = now + retention_.age / kChecksPerAge;
  // OutOfRange: nothing kept is so old.
  return store_->RevisionAt(now - retention_.age).value_or(0);
}

store::Revision Compactor::TooMuch() {
  const store::Revision current = store_->CurrentRevision();
  if (retention_.bytes <= 0 || current == std::exchange(seen_, current)) return 0;
  const absl::StatusOr<store::Stats> stats = store_->GetStats();
  if (!stats.ok()) {
    base::LogWarning("The size of the history is not known", {{"err", stats.status()}});
    return 0;
  }
  if (stats->history_bytes <= retention_.bytes) return 0;
  // As if each revision took the same; where that is wrong the next look corrects it.
  const double kept = kFill * static_cast<double>(retention_.bytes) / static_cast<double>(stats->history_bytes);
  return current - static_cast<store::Revision>(kept * static_cast<double>(current - stats->compacted));
}

void Compactor::Tick() {
  const store::Revision target = std::max(TooOld(strand_.clock().Now()), TooMuch());
  if (target > store_->CompactedRevision()) {
    const absl::Status status = store_->Compact(target);
    if (!status.ok()) base::LogWarning("Compaction failed", {{"revision", target}, {"err", status}});
  }
  base::MutexLock lock(&mutex_);
  Arm();
}

}  // namespace kubelite::apiserver
