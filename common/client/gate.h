#pragma once

#include "common/base/mutex.h"

namespace kubelite::client {

// Lets tasks of a component in until it is closed, so that a component can stop while executors, timers and transports
// still hold callbacks to it. Thread-safe.
//   Gate::Pass pass(&gate);
//   if (!pass) return;
class Gate {
 public:
  // Being inside for a scope. The gate must outlive it.
  class Pass {
   public:
    explicit Pass(Gate* gate);
    ~Pass();
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    explicit operator bool() const { return inside_; }

   private:
    friend class Gate;
    Gate* const gate_;
    bool inside_ = false;
    const Pass* outer_ = nullptr;  // the calling thread's pass before this one
  };

  Gate() = default;
  Gate(const Gate&) = delete;

  // Lets nobody in any more and waits until all have left, unless the calling thread is inside itself. May be called
  // again.
  void Close();
  bool closed() const;

 private:
  mutable base::Mutex mutex_;
  base::CondVar left_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  int inside_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace kubelite::client
