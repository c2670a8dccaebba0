#pragma once

#include "absl/time/time.h"

namespace k8s::core::v1 {
class Probe;
}

namespace kubelite::kubelet {

// A probe's times and thresholds, with upstream's defaults for what is unset.
struct ProbeSettings {
  absl::Duration initial_delay = absl::ZeroDuration();
  absl::Duration timeout = absl::Seconds(1);
  absl::Duration period = absl::Seconds(10);
  int success_threshold = 1;
  int failure_threshold = 3;
};
ProbeSettings ReadProbeSettings(const k8s::core::v1::Probe& probe);

enum class ProbeResult { kUnknown, kSuccess, kFailure };

// Thresholds: the result changes after so many equal outcomes in a row. Pure.
class ProbeCounter {
 public:
  ProbeCounter(ProbeResult initial, const ProbeSettings& settings)
      : result_(initial),
        success_threshold_(settings.success_threshold),
        failure_threshold_(settings.failure_threshold) {}
  // Returns whether the result changed.
  bool Record(bool success);
  ProbeResult result() const { return result_; }

 private:
  ProbeResult result_;
  const int success_threshold_;
  const int failure_threshold_;
  bool last_ = false;
  int run_ = 0;  // equal outcomes in a row, `last_` the latest
};

}  // namespace kubelite::kubelet
