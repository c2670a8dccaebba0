#pragma once

#include <string>
#include <vector>

#include "common/base/mutex.h"
#include "common/client/events.h"

namespace kubelite::kubelet::testing {

// Keeps events as "Reason: message". Thread-safe.
class EventLog : public client::EventRecorder {
 public:
  void Event(const client::Object&, Type, const std::string& reason, const std::string& message) override {
    base::MutexLock lock(&mutex_);
    events_.push_back(reason + ": " + message);
  }
  void EventOn(const client::Object& about, const std::string&, Type type, const std::string& reason,
               const std::string& message) override {
    Event(about, type, reason, message);
  }
  std::vector<std::string> Take() {
    base::MutexLock lock(&mutex_);
    return std::exchange(events_, {});
  }

 private:
  base::Mutex mutex_;
  std::vector<std::string> events_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kubelite::kubelet::testing
