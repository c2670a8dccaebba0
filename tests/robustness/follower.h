#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "common/base/mutex.h"
#include "common/base/random.h"
#include "store/store.h"
#include "tests/robustness/client.h"
#include "tests/robustness/watch_record.h"

namespace kubelite::robustness {

// Follows a range as a well-behaved watcher: list, watch from there, poll when told to, go on at its progress after it
// was cut off, list again when that was compacted. Records everything. Thread-safe as marked.
class Follower {
 public:
  struct Options {
    int id = 0;
    KeyRange range;
    uint64_t seed = 0;
    bool restless = true;  // now and then cuts itself off, or starts again further back
    // Called after each successful poll, on the follower's thread.
    std::function<void(const PollRecord&)> on_batch;
  };
  Follower(Options options, TickSource* ticks);

  // Before each Follow. Opens or resumes the watch at once, if it can.
  void Attach(store::Store* store);
  // Blocks until Stop, then takes what is left.
  void Follow();
  // Nothing more happens in the store. Any thread.
  void Stop();
  // Ends the watch; the next Follow resumes it.
  void Detach();

  // Not during Follow.
  bool watching() const { return watch_ != nullptr; }
  std::vector<Subscription>& subscriptions() { return subscriptions_; }
  Session& session() { return client_.session(); }

 private:
  Subscription& subscription() { return subscriptions_.back(); }
  WatchRecord& record() { return subscription().watches.back(); }

  // Opens a watch if there is none; false when the store refuses.
  bool EnsureWatch();
  bool Open(Revision after);
  // Lists and starts a new subscription there.
  bool StartAgain();
  void BeRestless();
  // False when the watch has ended.
  bool Poll(size_t max, bool unasked);
  // Waits for on_ready or Stop. True when on_ready was called.
  bool WaitUntilReady();
  bool stopped();

  const Options options_;
  TickSource* const ticks_;
  Client client_;
  base::Random random_;
  std::unique_ptr<store::Watch> watch_;
  Revision progress_ = 0;  // of the present subscription; 0 before the first
  std::vector<Subscription> subscriptions_;

  base::Mutex mutex_;
  base::CondVar changed_;
  bool ready_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Tick> wakeups_ ABSL_GUARDED_BY(mutex_);  // of the present watch
};

}  // namespace kubelite::robustness
