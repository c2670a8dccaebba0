#include "kubelet/pod/conditions.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/api/time.h"
#include "common/control/pods.h"
#include "kubelet/pod/spec.h"

namespace kubelite::kubelet {

using k8s::core::v1::Container;
using k8s::core::v1::ContainerStatus;
using k8s::core::v1::Pod;
using k8s::core::v1::PodCondition;
using k8s::core::v1::PodStatus;
using ContainerStatuses = google::protobuf::RepeatedPtrField<ContainerStatus>;

namespace {

struct Verdict {
  bool holds = true;
  std::string reason;
  std::string message;
};

const ContainerStatus* FindStatus(const ContainerStatuses& statuses, const std::string& name) {
  for (const ContainerStatus& status : statuses) {
    if (status.name() == name) return &status;
  }
  return nullptr;
}

// "containers with unknown status: [a], containers with unready status: [b c]"
std::string Describe(const std::vector<std::string>& unknown, const char* adjective,
                     const std::vector<std::string>& others) {
  std::vector<std::string> parts;
  if (!unknown.empty())
    parts.push_back(absl::StrCat("containers with unknown status: [", absl::StrJoin(unknown, " "), "]"));
  if (!others.empty()) {
    parts.push_back(absl::StrCat("containers with ", adjective, " status: [", absl::StrJoin(others, " "), "]"));
  }
  return absl::StrJoin(parts, ", ");
}

Verdict Initialized(const Pod& pod, const PodStatus& status) {
  std::vector<std::string> unknown;
  std::vector<std::string> incomplete;
  for (const Container& container : pod.spec().initcontainers()) {
    const ContainerStatus* found = FindStatus(status.initcontainerstatuses(), container.name());
    if (found == nullptr) {
      unknown.push_back(container.name());
    } else if (!(IsSidecar(container) ? found->started() : found->ready())) {
      incomplete.push_back(container.name());
    }
  }
  if (status.phase() == "Succeeded" && unknown.empty()) return {true, "PodCompleted", ""};
  for (const ContainerStatus& app : status.containerstatuses()) {
    if (app.state().has_running() || !app.containerid().empty()) return {};
  }
  if (unknown.empty() && incomplete.empty()) return {};
  return {false, "ContainersNotInitialized", Describe(unknown, "incomplete", incomplete)};
}

Verdict ContainersReady(const Pod& pod, const PodStatus& status) {
  std::vector<std::string> unknown;
  std::vector<std::string> unready;
  const auto look = [&](const Container& container, const ContainerStatuses& statuses) {
    const ContainerStatus* found = FindStatus(statuses, container.name());
    if (found == nullptr) {
      unknown.push_back(container.name());
    } else if (!found->ready()) {
      unready.push_back(container.name());
    }
  };
  for (const Container& container : pod.spec().initcontainers()) {
    if (IsSidecar(container)) look(container, status.initcontainerstatuses());
  }
  for (const Container& container : pod.spec().containers()) look(container, status.containerstatuses());
  if (status.phase() == "Succeeded" && unknown.empty()) return {false, "PodCompleted", ""};
  if (status.phase() == "Failed" && unknown.empty()) return {false, "PodFailed", ""};
  if (unknown.empty() && unready.empty()) return {};
  return {false, "ContainersNotReady", Describe(unknown, "unready", unready)};
}

Verdict Ready(const Pod& pod, const PodStatus& previous, const Verdict& containers_ready) {
  if (!containers_ready.holds) return containers_ready;
  std::vector<std::string> problems;
  for (const auto& gate : pod.spec().readinessgates()) {
    const PodCondition* condition = control::FindPodCondition(previous, gate.conditiontype());
    if (condition == nullptr) {
      problems.push_back(
          absl::StrCat("corresponding condition of pod readiness gate \"", gate.conditiontype(), "\" does not exist."));
    } else if (condition->status() != "True") {
      problems.push_back(absl::StrCat("the status of pod readiness gate \"", gate.conditiontype(),
                                      "\" is not \"True\", but ", condition->status()));
    }
  }
  if (problems.empty()) return {};
  return {false, "ReadinessGatesNotReady", absl::StrJoin(problems, ", ")};
}

class Conditions {
 public:
  Conditions(const Pod& pod, const PodStatus& previous, absl::Time now, PodStatus* status)
      : pod_(pod), previous_(previous), now_(now), status_(status) {}

  void Add(const char* type, const Verdict& verdict) {
    PodCondition* condition = status_->add_conditions();
    condition->set_type(type);
    condition->set_status(verdict.holds ? "True" : "False");
    if (!verdict.reason.empty()) condition->set_reason(verdict.reason);
    if (!verdict.message.empty()) condition->set_message(verdict.message);
    if (pod_.metadata().generation() > 0) condition->set_observedgeneration(pod_.metadata().generation());
    const PodCondition* before = control::FindPodCondition(previous_, type);
    if (before != nullptr && before->status() == condition->status() && before->has_lasttransitiontime()) {
      *condition->mutable_lasttransitiontime() = before->lasttransitiontime();
    } else {
      api::ToProto(now_, condition->mutable_lasttransitiontime());
    }
  }

 private:
  const Pod& pod_;
  const PodStatus& previous_;
  const absl::Time now_;
  PodStatus* const status_;
};

}  // namespace

void AddConditions(const Pod& pod, bool sandbox_ready, const PodStatus& previous, absl::Time now, PodStatus* status) {
  Conditions conditions(pod, previous, now, status);
  const Verdict containers_ready = ContainersReady(pod, *status);
  conditions.Add("PodReadyToStartContainers", {sandbox_ready, "", ""});
  conditions.Add("Initialized", Initialized(pod, *status));
  conditions.Add("Ready", Ready(pod, previous, containers_ready));
  conditions.Add("ContainersReady", containers_ready);
  conditions.Add("PodScheduled", {});
}

}  // namespace kubelite::kubelet
