#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "common/api/object.h"
#include "common/base/executor.h"

namespace kubelite::control {

using api::ObjectKey;

struct RateLimit {
  // Per key: base doubling up to max (upstream's item exponential failure limiter).
  absl::Duration base = absl::Milliseconds(5);
  absl::Duration max = absl::Seconds(1000);
};

// A queue of keys with upstream's promises (client-go util/workqueue): a key is never worked on twice at once, a key
// added while it is worked on runs once more afterwards, and additions of a waiting key merge. No threads of its own:
// ready keys are posted to the executor, later ones with PostAt. At most `workers` keys run at once. Thread-safe.
class WorkQueue {
 public:
  struct Options {
    std::string name;  // label of upstream's workqueue_* metrics
    int workers = 1;
    RateLimit rate_limit;
  };
  // `work` is called on the executor with each ready key; when it returns the key is done.
  WorkQueue(Options options, base::Executor* executor, std::function<void(const ObjectKey&)> work);
  ~WorkQueue();  // ShutDown()
  WorkQueue(const WorkQueue&) = delete;

  void Add(const ObjectKey& key);
  void AddAfter(const ObjectKey& key, absl::Duration delay);
  // After the key's back-off, which grows with each call until Forget.
  void AddRateLimited(const ObjectKey& key);
  void Forget(const ObjectKey& key);
  int NumRequeues(const ObjectKey& key) const;
  // Drops all waiting keys and waits for running ones (unless called from one of them).
  void ShutDown();
  size_t depth() const;  // ready keys that wait
  bool idle() const;     // nothing ready, running, or delayed

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace kubelite::control
