#include "kubelet/worker/stream_opener.h"

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/api/scheme.h"
#include "common/base/status_macros.h"
#include "kubelet/pod/plan.h"
#include "kubelet/worker/log_finder.h"
#include "kubelite/v1/api.pb.h"

namespace kubelite::kubelet {

using k8s::core::v1::Pod;
using kubelite::v1::StreamOpen;

namespace {

// Without the words that an internal error usually begins with: the callers of upstream's kubelet read these.
absl::Status Internal(const std::string& message) {
  k8s::meta::v1::Status status;
  status.set_status("Failure");
  status.set_reason("InternalError");
  status.set_code(500);
  status.set_message(message);
  return api::FromApiStatus(status);
}

// The id of the container's running attempt.
absl::StatusOr<std::string> RunningContainer(const RuntimePod& observed, const std::string& name) {
  const Container* found = LatestAttempt(observed, name);
  if (found != nullptr && found->state == ContainerState::kRunning) return found->id;
  return Internal(absl::StrCat("container not found (\"", name, "\")"));
}

template <typename Options>
StreamWishes WishesOf(const Options& options) {
  return {
      .in = options.stdin(), .out = options.stdout(), .err = options.stderr() && !options.tty(), .tty = options.tty()};
}

}  // namespace

absl::StatusOr<std::unique_ptr<RuntimeStream>> OpenRuntimeStream(const StreamOpen& open, const PodTable& table,
                                                                 Runtime* runtime, RuntimeStream::OnReady on_ready) {
  const std::optional<DesiredPod> desired = table.FindByName({open.namespace_(), open.pod()});
  if (!desired) return api::NotFound(api::ResourceOf<Pod>(), open.pod());
  const Pod& pod = *desired->pod;
  const RuntimePod observed = runtime->PodStatus(pod.metadata().uid());
  if (open.has_exec()) {
    const kubelite::v1::ExecOptions& exec = open.exec();
    ASSIGN_OR_RETURN(const std::string name, ContainerToStream(pod, exec.container()));
    ASSIGN_OR_RETURN(const std::string id, RunningContainer(observed, name));
    return runtime->Exec(id, {exec.command().begin(), exec.command().end()}, WishesOf(exec), std::move(on_ready));
  }
  if (open.has_attach()) {
    ASSIGN_OR_RETURN(const std::string name, ContainerToStream(pod, open.attach().container()));
    ASSIGN_OR_RETURN(const std::string id, RunningContainer(observed, name));
    return runtime->Attach(id, WishesOf(open.attach()), std::move(on_ready));
  }
  if (observed.sandboxes.empty() || !observed.sandboxes.back().ready)
    return Internal(absl::StrCat("pod \"", open.pod(), "\" is not running"));
  return runtime->PortForward(observed.sandboxes.back().id, open.port_forward().port(), std::move(on_ready));
}

}  // namespace kubelite::kubelet
