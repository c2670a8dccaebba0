#include "apiserver/registry/compactor.h"

#include "common/base/log.h"

namespace kubelite::apiserver {
namespace {

// Samples per retention time: history is kept for between one and 1.2 retention times.
constexpr int kSamples = 5;

}  // namespace

Compactor::Compactor(store::Store* store, base::Executor* executor, absl::Duration retention)
    : store_(store), retention_(retention), strand_(executor) {}

Compactor::~Compactor() {
  base::MutexLock lock(&mutex_);
  if (timer_ != 0) strand_.Cancel(timer_);
}

void Compactor::Start() {
  if (retention_ <= absl::ZeroDuration()) return;
  base::MutexLock lock(&mutex_);
  if (timer_ == 0) Arm();
}

void Compactor::Arm() {
  timer_ = strand_.PostAfter(retention_ / kSamples, [this] { Tick(); });
}

void Compactor::Tick() {
  const absl::Time now = strand_.clock().Now();
  store::Revision target = 0;
  {
    base::MutexLock lock(&mutex_);
    while (!samples_.empty() && samples_.front().first <= now - retention_) {
      target = samples_.front().second;
      samples_.pop_front();
    }
    samples_.emplace_back(now, store_->CurrentRevision());
  }
  if (target > store_->CompactedRevision()) {
    const absl::Status status = store_->Compact(target);
    if (!status.ok()) base::LogWarning("Compaction failed", {{"revision", target}, {"err", status}});
  }
  base::MutexLock lock(&mutex_);
  Arm();
}

}  // namespace kubelite::apiserver
