#pragma once

#include <memory>
#include <vector>

#include "common/base/executor.h"
#include "common/base/mutex.h"
#include "store/store.h"

namespace kubelite::etcd {

// Collects writes of any number of calls without a thread for each: one task at a time takes all that wait to
// Store::Apply, so that they share a sync. Thread-safe.
class WriteQueue {
 public:
  // A write and what happens after it. Owns what write.key and write.value refer to.
  class Request {
   public:
    virtual ~Request() = default;
    virtual size_t bytes() const = 0;
    // `write` carries the result. Runs on the executor, in the order of the writes; must be short.
    virtual void OnCommitted(store::Write& write) = 0;
  };

  WriteQueue(store::Store* store, base::Executor* executor) : store_(store), executor_(executor) {}
  ~WriteQueue();  // waits for what is queued
  WriteQueue(const WriteQueue&) = delete;
  WriteQueue& operator=(const WriteQueue&) = delete;

  // False when too much waits; the request is then left alone.
  bool Submit(store::Write write, std::unique_ptr<Request>& request);

 private:
  void Drain();

  store::Store* const store_;
  base::Executor* const executor_;

  base::Mutex mutex_;
  base::CondVar idle_;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<store::Write> writes_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Request>> requests_ ABSL_GUARDED_BY(mutex_);  // of writes_, one each
};

}  // namespace kubelite::etcd
