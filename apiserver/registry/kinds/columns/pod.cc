#include "apiserver/registry/kinds/columns/pod.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "apiserver/registry/kinds/columns/columns.h"
#include "common/api/time.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::core::v1::Container;
using k8s::core::v1::ContainerStatus;
using k8s::core::v1::Pod;

bool ConditionIsTrue(const Pod& pod, const std::string& type) {
  for (const auto& condition : pod.status().conditions()) {
    if (condition.type() == type) return condition.status() == "True";
  }
  return false;
}

// The status text is computed by an ordered walk over init containers, then app containers from last to first
// (upstream: printers printPod).
class Summary {
 public:
  Summary(const Pod& pod, absl::Time now) : pod_(pod), now_(now) {}

  PodSummary Compute() {
    out_.total = pod_.spec().containers_size();
    out_.status = pod_.status().reason().empty() ? pod_.status().phase() : pod_.status().reason();
    for (const auto& condition : pod_.status().conditions()) {
      if (condition.type() == "PodScheduled" && condition.reason() == "SchedulingGated")
        out_.status = "SchedulingGated";
    }
    const bool initializing = WalkInitContainers();
    if (!initializing || ConditionIsTrue(pod_, "Initialized")) WalkContainers();
    if (pod_.metadata().has_deletiontimestamp()) {
      if (pod_.status().reason() == "NodeLost")
        out_.status = "Unknown";
      else if (pod_.status().phase() != "Succeeded" && pod_.status().phase() != "Failed")
        out_.status = "Terminating";
    }
    out_.restarts = absl::StrCat(restarts_);
    if (restarts_ > 0 && last_finished_ != absl::InfinitePast()) {
      absl::StrAppend(&out_.restarts, " (", api::FormatAge(last_finished_, now_), " ago)");
    }
    return out_;
  }

 private:
  void CountRestarts(const ContainerStatus& status) {
    restarts_ += status.restartcount();
    if (status.laststate().has_terminated()) {
      last_finished_ = std::max(last_finished_, api::FromProto(status.laststate().terminated().finishedat()));
    }
  }

  // Returns whether an init container is still in the way.
  bool WalkInitContainers() {
    std::map<std::string, bool> restartable;
    for (const Container& container : pod_.spec().initcontainers()) {
      restartable[container.name()] = container.restartpolicy() == "Always";
      if (restartable[container.name()]) ++out_.total;
    }
    for (int i = 0; i < pod_.status().initcontainerstatuses_size(); ++i) {
      const ContainerStatus& status = pod_.status().initcontainerstatuses(i);
      const bool sidecar = restartable[status.name()];
      CountRestarts(status);
      if (sidecar) sidecar_restarts_ += status.restartcount();
      const auto& state = status.state();
      if (state.has_terminated() && state.terminated().exitcode() == 0) continue;
      if (sidecar && status.started()) {
        if (status.ready()) ++out_.ready;
        continue;
      }
      out_.status = InitStatus(status, i);
      return true;
    }
    return false;
  }

  std::string InitStatus(const ContainerStatus& status, int index) const {
    if (status.state().has_terminated()) {
      const auto& terminated = status.state().terminated();
      if (!terminated.reason().empty()) return absl::StrCat("Init:", terminated.reason());
      if (terminated.signal() != 0) return absl::StrCat("Init:Signal:", terminated.signal());
      return absl::StrCat("Init:ExitCode:", terminated.exitcode());
    }
    const std::string& waiting = status.state().waiting().reason();
    if (!waiting.empty() && waiting != "PodInitializing") return absl::StrCat("Init:", waiting);
    return absl::StrCat("Init:", index, "/", pod_.spec().initcontainers_size());
  }

  void WalkContainers() {
    restarts_ = sidecar_restarts_;
    bool has_running = false;
    std::string error_reason;
    for (int i = pod_.status().containerstatuses_size() - 1; i >= 0; --i) {
      const ContainerStatus& status = pod_.status().containerstatuses(i);
      CountRestarts(status);
      const auto& state = status.state();
      if (!state.waiting().reason().empty()) {
        out_.status = state.waiting().reason();
      } else if (state.has_terminated()) {
        const auto& terminated = state.terminated();
        if (!terminated.reason().empty())
          out_.status = terminated.reason();
        else if (terminated.signal() != 0)
          out_.status = absl::StrCat("Signal:", terminated.signal());
        else
          out_.status = absl::StrCat("ExitCode:", terminated.exitcode());
        if (terminated.exitcode() != 0) error_reason = out_.status;
      } else if (status.ready() && state.has_running()) {
        has_running = true;
        ++out_.ready;
      }
    }
    if (out_.status != "Completed") return;
    if (has_running) {
      out_.status = ConditionIsTrue(pod_, "Ready") ? "Running" : error_reason.empty() ? "NotReady" : error_reason;
    } else if (!error_reason.empty()) {
      out_.status = error_reason;
    }
  }

  const Pod& pod_;
  const absl::Time now_;
  PodSummary out_;
  int restarts_ = 0;
  int sidecar_restarts_ = 0;
  absl::Time last_finished_ = absl::InfinitePast();
};

std::string ReadinessGates(const Pod& pod) {
  if (pod.spec().readinessgates_size() == 0) return "<none>";
  int met = 0;
  for (const auto& gate : pod.spec().readinessgates()) met += ConditionIsTrue(pod, gate.conditiontype()) ? 1 : 0;
  return absl::StrCat(met, "/", pod.spec().readinessgates_size());
}

}  // namespace

PodSummary SummarizePod(const Pod& pod, absl::Time now) { return Summary(pod, now).Compute(); }

std::vector<TableColumn> PodColumns() {
  return {
      NameColumn(),
      Column<Pod>("Ready", "string", 0,
                  [](const Pod& pod, absl::Time now) {
                    const PodSummary summary = SummarizePod(pod, now);
                    return absl::StrCat(summary.ready, "/", summary.total);
                  }),
      Column<Pod>("Status", "string", 0, [](const Pod& pod, absl::Time now) { return SummarizePod(pod, now).status; }),
      Column<Pod>("Restarts", "string", 0,
                  [](const Pod& pod, absl::Time now) { return SummarizePod(pod, now).restarts; }),
      AgeColumn(),
      Column<Pod>("IP", "string", 1,
                  [](const Pod& pod, absl::Time) {
                    return pod.status().podips_size() > 0 ? OrNone(pod.status().podips(0).ip())
                                                          : OrNone(pod.status().podip());
                  }),
      Column<Pod>("Node", "string", 1, [](const Pod& pod, absl::Time) { return OrNone(pod.spec().nodename()); }),
      Column<Pod>("Nominated Node", "string", 1,
                  [](const Pod& pod, absl::Time) { return OrNone(pod.status().nominatednodename()); }),
      Column<Pod>("Readiness Gates", "string", 1, [](const Pod& pod, absl::Time) { return ReadinessGates(pod); }),
  };
}

}  // namespace kubelite::apiserver
