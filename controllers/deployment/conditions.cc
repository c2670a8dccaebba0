#include "controllers/deployment/conditions.h"

#include "common/api/time.h"

namespace kubelite::controllers {
namespace {

using k8s::apps::v1::DeploymentCondition;
using k8s::apps::v1::DeploymentStatus;

DeploymentCondition* Find(const std::string& type, DeploymentStatus* status) {
  for (DeploymentCondition& condition : *status->mutable_conditions()) {
    if (condition.type() == type) return &condition;
  }
  return nullptr;
}

}  // namespace

const DeploymentCondition* FindCondition(const DeploymentStatus& status, const std::string& type) {
  for (const DeploymentCondition& condition : status.conditions()) {
    if (condition.type() == type) return &condition;
  }
  return nullptr;
}

void SetCondition(const ConditionChange& change, absl::Time now, DeploymentStatus* status) {
  const DeploymentCondition* present = FindCondition(*status, change.type);
  if (present != nullptr && present->status() == change.status && present->reason() == change.reason) return;
  RenewCondition(change, now, status);
}

void RenewCondition(const ConditionChange& change, absl::Time now, DeploymentStatus* status) {
  DeploymentCondition* condition = Find(change.type, status);
  if (condition == nullptr) {
    condition = status->add_conditions();
    condition->set_type(change.type);
  }
  if (condition->status() != change.status) *condition->mutable_lasttransitiontime() = api::MakeTime(now);
  condition->set_status(change.status);
  condition->set_reason(change.reason);
  condition->set_message(change.message);
  *condition->mutable_lastupdatetime() = api::MakeTime(now);
}

void RemoveCondition(const std::string& type, DeploymentStatus* status) {
  auto* conditions = status->mutable_conditions();
  for (auto it = conditions->begin(); it != conditions->end();) {
    it = it->type() == type ? conditions->erase(it) : it + 1;
  }
}

}  // namespace kubelite::controllers
