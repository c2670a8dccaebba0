#include "common/control/pods.h"

#include "common/api/time.h"
#include "k8s/core/v1.pb.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::control {

using k8s::core::v1::Pod;
using k8s::core::v1::PodCondition;
using k8s::core::v1::PodStatus;

bool IsPodTerminal(const Pod& pod) {
  const std::string& phase = pod.status().phase();
  return phase == "Succeeded" || phase == "Failed";
}

bool IsPodActive(const Pod& pod) { return !IsPodTerminal(pod) && !pod.metadata().has_deletiontimestamp(); }

const PodCondition* FindPodCondition(const PodStatus& status, const std::string& type) {
  for (const PodCondition& condition : status.conditions()) {
    if (condition.type() == type) return &condition;
  }
  return nullptr;
}

bool IsPodReady(const Pod& pod) {
  const PodCondition* ready = FindPodCondition(pod.status(), "Ready");
  return ready != nullptr && ready->status() == "True";
}

bool IsPodAvailable(const Pod& pod, absl::Duration min_ready, absl::Time now) {
  if (!IsPodReady(pod)) return false;
  if (min_ready <= absl::ZeroDuration()) return true;
  const PodCondition& ready = *FindPodCondition(pod.status(), "Ready");
  return ready.has_lasttransitiontime() && api::FromProto(ready.lasttransitiontime()) + min_ready <= now;
}

bool SetPodCondition(PodStatus* status, const std::string& type, const std::string& condition_status,
                     const std::string& reason, const std::string& message, absl::Time now) {
  PodCondition* condition = nullptr;
  for (PodCondition& candidate : *status->mutable_conditions()) {
    if (candidate.type() == type) condition = &candidate;
  }
  const bool added = condition == nullptr;
  if (added) {
    condition = status->add_conditions();
    condition->set_type(type);
  } else if (condition->status() == condition_status && condition->reason() == reason &&
             condition->message() == message) {
    return false;
  }
  if (added || condition->status() != condition_status) {
    condition->set_status(condition_status);
    api::ToProto(now, condition->mutable_lasttransitiontime());
  }
  // An unset field and an empty one are the same to readers; unset keeps the object small.
  reason.empty() ? condition->clear_reason() : condition->set_reason(reason);
  message.empty() ? condition->clear_message() : condition->set_message(message);
  return true;
}

}  // namespace kubelite::control
