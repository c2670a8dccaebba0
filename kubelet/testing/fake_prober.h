#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "common/base/mutex.h"
#include "kubelet/probe/prober.h"

namespace kubelite::kubelet::testing {

// Answers probes at once from a table of hosts; hosts that are not in it are healthy. Thread-safe.
class FakeProber : public Prober {
 public:
  void Set(const std::string& host, ProbeOutcome outcome) {
    base::MutexLock lock(&mutex_);
    outcomes_[host] = std::move(outcome);
  }
  // For hosts without an entry.
  void SetDefault(ProbeOutcome outcome) { Set("", std::move(outcome)); }
  int calls() const {
    base::MutexLock lock(&mutex_);
    return calls_;
  }

  void HttpGet(const HttpProbe& probe, absl::Duration, Done done) override { done(Answer(probe.host)); }
  void TcpConnect(const std::string& host, int, absl::Duration, Done done) override { done(Answer(host)); }

 private:
  ProbeOutcome Answer(const std::string& host) {
    base::MutexLock lock(&mutex_);
    ++calls_;
    const auto found = outcomes_.find(outcomes_.count(host) > 0 ? host : "");
    return found == outcomes_.end() ? ProbeOutcome{} : found->second;
  }
  mutable base::Mutex mutex_;
  std::map<std::string, ProbeOutcome> outcomes_ ABSL_GUARDED_BY(mutex_);
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace kubelite::kubelet::testing
