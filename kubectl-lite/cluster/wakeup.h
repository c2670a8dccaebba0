#pragma once

#include "absl/time/time.h"
#include "common/base/mutex.h"

namespace kubelite::cli {

// Wakes a command's waiting thread when a watch has something. Shared with callbacks, which may come after the wait has
// ended. Thread-safe; one waiting thread.
struct Wakeup {
  base::Mutex mutex;
  base::CondVar changed;
  bool ready ABSL_GUARDED_BY(mutex) = false;

  void Notify() {
    base::MutexLock lock(&mutex);
    ready = true;
    changed.SignalAll();
  }
  // Returns at once when Notify was called since the last wait; otherwise blocks for at most `timeout`.
  void WaitFor(absl::Duration timeout) {
    base::MutexLock lock(&mutex);
    if (!ready) changed.WaitForNanos(&mutex, absl::ToInt64Nanoseconds(timeout));
    ready = false;
  }
};

}  // namespace kubelite::cli
