#include "controllers/podgc/plan.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/api/object.h"
#include "common/control/pods.h"

namespace kubelite::controllers {
namespace {

using k8s::core::v1::Node;
using k8s::core::v1::Pod;

bool IsOutOfService(const Node& node) {
  const auto& taints = node.spec().taints();
  return std::any_of(taints.begin(), taints.end(),
                     [](const auto& taint) { return taint.key() == "node.kubernetes.io/out-of-service"; });
}

bool IsNodeReady(const Node& node) {
  for (const auto& condition : node.status().conditions()) {
    if (condition.type() == "Ready") return condition.status() == "True";
  }
  return false;
}

// The pod with its end written down, unless that has been done.
std::shared_ptr<Pod> AsFailed(const Pod& pod, const std::string& message, absl::Time now) {
  if (control::IsPodTerminal(pod)) return nullptr;
  auto failed = std::make_shared<Pod>(pod);
  failed->mutable_status()->set_phase("Failed");
  control::SetPodCondition(failed->mutable_status(), "DisruptionTarget", "True", "DeletionByPodGC", message, now);
  return failed;
}

}  // namespace

PodGcPlan PlanPodGc(const PodGcSnapshot& snapshot) {
  PodGcPlan plan;
  const Pod& pod = snapshot.pod;
  const bool terminating = api::IsBeingDeleted(pod);
  if (pod.spec().nodename().empty()) {
    plan.remove = terminating;
  } else if (snapshot.node == nullptr) {
    const absl::Duration rest = snapshot.node_missing_since + kOrphanQuarantine - snapshot.now;
    if (rest > absl::ZeroDuration()) {
      plan.requeue_after = rest;
    } else {
      plan.remove = true;
      plan.as_failed = AsFailed(pod, "PodGC: node no longer exists", snapshot.now);
    }
  } else if (terminating && IsOutOfService(*snapshot.node) && !IsNodeReady(*snapshot.node)) {
    plan.remove = true;
    plan.as_failed = AsFailed(pod, "PodGC: node is out of service", snapshot.now);
  }
  return plan;
}

std::string PodGcPlan::ToString() const {
  return absl::StrCat(remove ? "remove" : "keep", as_failed != nullptr ? " as failed" : "",
                      requeue_after > absl::ZeroDuration() ? " again in " + absl::FormatDuration(requeue_after) : "");
}

std::ostream& operator<<(std::ostream& out, const PodGcPlan& plan) { return out << plan.ToString(); }

}  // namespace kubelite::controllers
