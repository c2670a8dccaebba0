#include "kubelet/probe/probe_counter.h"

#include "k8s/core/v1.pb.h"

namespace kubelite::kubelet {

ProbeSettings ReadProbeSettings(const k8s::core::v1::Probe& probe) {
  ProbeSettings settings;
  settings.initial_delay = absl::Seconds(probe.initialdelayseconds());
  if (probe.timeoutseconds() > 0) settings.timeout = absl::Seconds(probe.timeoutseconds());
  if (probe.periodseconds() > 0) settings.period = absl::Seconds(probe.periodseconds());
  if (probe.successthreshold() > 0) settings.success_threshold = probe.successthreshold();
  if (probe.failurethreshold() > 0) settings.failure_threshold = probe.failurethreshold();
  return settings;
}

bool ProbeCounter::Record(bool success) {
  run_ = run_ > 0 && last_ == success ? run_ + 1 : 1;
  last_ = success;
  if (run_ < (success ? success_threshold_ : failure_threshold_)) return false;
  const ProbeResult before = result_;
  result_ = success ? ProbeResult::kSuccess : ProbeResult::kFailure;
  return result_ != before;
}

}  // namespace kubelite::kubelet
