#include "apiserver/node_session/pod_stream.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/api/errors.h"
#include "common/base/status_macros.h"
#include "kubelite/v1/api.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::core::v1::Pod;

constexpr char kDefaultContainer[] = "kubectl.kubernetes.io/default-container";

// The container to talk to, as upstream's LogLocation chooses it: init containers first, then app, then ephemeral ones.
absl::StatusOr<std::string> ChooseContainer(const Pod& pod, const std::string& wanted) {
  std::vector<std::string> names;
  for (const auto& container : pod.spec().initcontainers()) names.push_back(container.name());
  for (const auto& container : pod.spec().containers()) names.push_back(container.name());
  for (const auto& container : pod.spec().ephemeralcontainers()) {
    names.push_back(container.ephemeralcontainercommon().name());
  }
  const auto known = [&names](const std::string& name) { return std::count(names.begin(), names.end(), name) > 0; };
  const std::string& pod_name = pod.metadata().name();
  if (!wanted.empty()) {
    if (known(wanted)) return wanted;
    return api::BadRequest(absl::StrCat("container ", wanted, " is not valid for pod ", pod_name));
  }
  if (names.size() == 1) return names.front();
  const std::string annotated = api::GetAnnotation(pod, kDefaultContainer);
  if (known(annotated)) return annotated;
  return api::BadRequest(absl::StrCat("a container name must be specified for pod ", pod_name, ", choose one of: [",
                                      absl::StrJoin(names, " "), "]"));
}

// Completes what was asked for, and refuses what no node could do.
absl::Status Check(const Pod& pod, kubelite::v1::StreamOpen* open) {
  const auto choose = [&pod](auto* options) -> absl::Status {
    ASSIGN_OR_RETURN(const std::string container, ChooseContainer(pod, options->container()));
    options->set_container(container);
    return absl::OkStatus();
  };
  switch (open->kind_case()) {
    case kubelite::v1::StreamOpen::kLog:
      return choose(open->mutable_log());
    case kubelite::v1::StreamOpen::kExec:
      if (open->exec().command().empty())
        return api::BadRequest("you must specify at least one command for the container");
      return choose(open->mutable_exec());
    case kubelite::v1::StreamOpen::kAttach:
      return choose(open->mutable_attach());
    case kubelite::v1::StreamOpen::kPortForward:
      if (const int port = open->port_forward().port(); port >= 1 && port <= 65535) return absl::OkStatus();
      return api::BadRequest("port: must be between 1 and 65535");
    case kubelite::v1::StreamOpen::KIND_NOT_SET:
      break;
  }
  return api::BadRequest("the stream must say what to open: log, exec, attach or port_forward");
}

}  // namespace

absl::string_view StreamSubresource(const kubelite::v1::StreamOpen& open) {
  switch (open.kind_case()) {
    case kubelite::v1::StreamOpen::kExec:
      return "exec";
    case kubelite::v1::StreamOpen::kAttach:
      return "attach";
    case kubelite::v1::StreamOpen::kPortForward:
      return "portforward";
    default:
      return "log";
  }
}

namespace {

absl::StatusOr<api::ObjectPtr> ReadPod(Registry& registry, const Request& request) {
  const ResourceDef* pods = registry.Find("", "v1", "pods");
  if (pods == nullptr || request.info != pods->info) return api::UnknownResource();
  return registry.Read(*pods, {request.name_space, request.name});
}

absl::Status NoNode(const std::string& pod) {
  return api::BadRequest(absl::StrCat("pod ", pod, " does not have a host assigned"));
}

}  // namespace

absl::StatusOr<std::string> FindPodStreamNode(Registry& registry, const Request& request) {
  ASSIGN_OR_RETURN(const api::ObjectPtr object, ReadPod(registry, request));
  const std::string& node = static_cast<const Pod&>(*object).spec().nodename();
  if (node.empty()) return NoNode(request.name);
  return node;
}

absl::StatusOr<std::unique_ptr<NodeStream>> OpenPodStream(Registry& registry, NodeSessions& sessions,
                                                          const Request& request, const kubelite::v1::StreamOpen& open,
                                                          std::function<void()> on_ready) {
  ASSIGN_OR_RETURN(const api::ObjectPtr object, ReadPod(registry, request));
  const Pod& pod = static_cast<const Pod&>(*object);
  if (!open.uid().empty() && open.uid() != pod.metadata().uid()) return api::NotFound(*request.info, request.name);
  kubelite::v1::StreamOpen chosen = open;
  chosen.set_namespace_(request.name_space);
  chosen.set_pod(request.name);
  chosen.set_uid(pod.metadata().uid());
  RETURN_IF_ERROR(Check(pod, &chosen));
  if (pod.spec().nodename().empty()) {
    if (chosen.has_log()) return EmptyStream();
    return NoNode(request.name);
  }
  return sessions.Open(pod.spec().nodename(), chosen, std::move(on_ready));
}

}  // namespace kubelite::apiserver
