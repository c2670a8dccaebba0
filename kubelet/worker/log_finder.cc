#include "kubelet/worker/log_finder.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/api/errors.h"
#include "common/api/scheme.h"
#include "common/base/status_macros.h"
#include "kubelet/pod/plan.h"
#include "kubelet/pod/spec.h"
#include "kubelite/v1/api.pb.h"

namespace kubelite::kubelet {

using k8s::core::v1::Pod;

absl::StatusOr<std::string> ContainerToStream(const Pod& pod, const std::string& asked) {
  const std::string& name = pod.metadata().name();
  if (!asked.empty()) {
    bool is_init = false;
    if (FindContainer(pod, asked, &is_init) != nullptr) return asked;
    return api::BadRequest(absl::StrCat("container ", asked, " is not valid for pod ", name));
  }
  if (pod.spec().containers_size() == 1) return pod.spec().containers(0).name();
  std::vector<std::string> names;
  for (const auto& container : pod.spec().containers()) names.push_back(container.name());
  return api::BadRequest(absl::StrCat("a container name must be specified for pod ", name, ", choose one of: [",
                                      absl::StrJoin(names, " "), "]"));
}

namespace {

// Why a container has no log yet, as its status says.
std::string WaitingReason(const Pod& pod, const std::string& container) {
  for (const auto& status : pod.status().containerstatuses()) {
    if (status.name() == container && status.state().has_waiting()) return status.state().waiting().reason();
  }
  return pod.spec().initcontainers().empty() ? "ContainerCreating" : "PodInitializing";
}

}  // namespace

absl::StatusOr<LogTarget> FindLog(const kubelite::v1::StreamOpen& open, const PodTable& table, Runtime* runtime) {
  const std::optional<DesiredPod> desired = table.FindByName({open.namespace_(), open.pod()});
  if (!desired) return api::NotFound(api::ResourceOf<Pod>(), open.pod());
  const Pod& pod = *desired->pod;
  ASSIGN_OR_RETURN(const std::string name, ContainerToStream(pod, open.log().container()));
  const std::string uid = pod.metadata().uid();
  const RuntimePod observed = runtime->PodStatus(uid);
  const Container* found = LatestAttempt(observed, name);
  if (open.log().previous()) {
    const int attempt = found == nullptr ? -1 : found->attempt - 1;
    found = nullptr;
    for (const Container& container : observed.containers) {
      if (container.name == name && container.attempt == attempt) found = &container;
    }
    if (found == nullptr) {
      return api::BadRequest(
          absl::StrCat("previous terminated container \"", name, "\" in pod \"", open.pod(), "\" not found"));
    }
  }
  if (found == nullptr) {
    return api::BadRequest(absl::StrCat("container \"", name, "\" in pod \"", open.pod(),
                                        "\" is waiting to start: ", WaitingReason(pod, name)));
  }
  LogTarget target;
  target.path = found->log_path;
  target.running = [runtime, uid, id = found->id] {
    for (const Container& container : runtime->PodStatus(uid).containers) {
      if (container.id == id) return container.state != ContainerState::kExited;
    }
    return false;
  };
  return target;
}

}  // namespace kubelite::kubelet
