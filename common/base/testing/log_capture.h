#pragma once

#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mutex.h"

namespace kubelite::base {

// Catches all log lines of the process while it lives; one at a time. Thread-safe.
class LogCapture {
 public:
  // `clock` gives the time printed; null for the system clock.
  explicit LogCapture(const Clock* clock = nullptr) {
    RedirectLogForTesting([this](absl::string_view line) { Add(line); }, clock);
  }
  ~LogCapture() { RedirectLogForTesting(nullptr, nullptr); }
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  std::vector<std::string> lines() const {
    MutexLock lock(&mutex_);
    return lines_;
  }

 private:
  void Add(absl::string_view line) {
    MutexLock lock(&mutex_);
    lines_.emplace_back(line);
  }

  mutable Mutex mutex_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kubelite::base
