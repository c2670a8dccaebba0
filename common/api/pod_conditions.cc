#include "common/api/pod_conditions.h"

#include "common/api/time.h"
#include "k8s/core/v1.pb.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::api {

using k8s::core::v1::PodCondition;
using k8s::core::v1::PodStatus;

const PodCondition* FindPodCondition(const PodStatus& status, const std::string& type) {
  for (const PodCondition& condition : status.conditions()) {
    if (condition.type() == type) return &condition;
  }
  return nullptr;
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

}  // namespace kubelite::api
