#include "common/client/gate.h"

namespace kubelite::client {
namespace {

thread_local const Gate::Pass* innermost = nullptr;

}  // namespace

Gate::Pass::Pass(Gate* gate) : gate_(gate) {
  base::MutexLock lock(&gate_->mutex_);
  if (gate_->closed_) return;
  ++gate_->inside_;
  inside_ = true;
  outer_ = innermost;
  innermost = this;
}

Gate::Pass::~Pass() {
  if (!inside_) return;
  innermost = outer_;
  base::MutexLock lock(&gate_->mutex_);
  if (--gate_->inside_ == 0) gate_->left_.SignalAll();
}

void Gate::Close() {
  base::MutexLock lock(&mutex_);
  closed_ = true;
  for (const Pass* pass = innermost; pass != nullptr; pass = pass->outer_) {
    if (pass->gate_ == this) return;
  }
  while (inside_ > 0) left_.Wait(&mutex_);
}

bool Gate::closed() const {
  base::MutexLock lock(&mutex_);
  return closed_;
}

}  // namespace kubelite::client
